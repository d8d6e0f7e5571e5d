"""RF-12: two instances are restarted one after the other, and nobody notices."""

import asyncio
import time
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from tests.support.faults_families import Client, settings_for, signed_in, verify
from tests.support.faults_http import Lost, Refused, whoami
from tests.support.faults_ledger import Ledger, rounds
from tests.support.server import Server, free_port, running_server

pytestmark = pytest.mark.anyio

CLIENTS = 240
AT_ONCE = 6


class Restartable:
    """One of several instances behind the same address."""

    def __init__(self, settings: dict[str, str], folder: Path) -> None:
        self._settings, self._folder, self.port = settings, folder, free_port()
        folder.mkdir()

    def start(self) -> None:
        self._stack = ExitStack()
        running = running_server(self._settings, folder=self._folder, port=self.port)
        self.server: Server = self._stack.enter_context(running)

    def stop(self) -> int:
        status = self.server.stop()
        self._stack.close()
        return status


class RoundRobin:
    """As a proxy does: takes the next instance, and another one if nobody listens there."""

    def __init__(self, instances: list[Restartable], ledger: Ledger) -> None:
        self._instances, self._ledger = instances, ledger
        self._turns = count()

    async def serve(self, client: Client) -> None:
        first = next(self._turns) % len(self._instances)
        for instance in self._instances[first:] + self._instances[:first]:
            try:
                begun = time.monotonic()
                await self._requests(instance.port, client)
                self._ledger.took(begun)
            except Refused:
                continue
            else:
                return
        self._ledger.broken.append("nobody listened")

    async def _requests(self, port: int, client: Client) -> None:
        if client.access_tokens:
            try:
                status = await whoami(port, client.access_tokens[-1])
            except Lost:
                self._ledger.broken.append("a token check got no answer")
            else:
                self._expect(status, 200)
        status_of_refresh = await client.refresh(port, self._ledger)
        self._expect(status_of_refresh, 200)

    def _expect(self, status: int | None, expected: int) -> None:
        if status != expected:
            self._ledger.broken.append(f"answered {status}, which is no success")


class TestARollingRestart:
    async def test_rf_12_fails_no_request(self, database_url: str, tmp_path: Path) -> None:
        ledger = Ledger(f"RF-12 {database_url.partition(':')[0]}")
        settings = settings_for(database_url) | {"HEXKEY_PUBLIC_URL": "http://127.0.0.1:1"}
        clients = await signed_in(database_url, CLIENTS)
        instances = [Restartable(settings, tmp_path / name) for name in ("a", "b")]
        for instance in instances:
            await asyncio.to_thread(instance.start)
        over = asyncio.Event()
        proxy = RoundRobin(instances, ledger)
        traffic = [
            asyncio.create_task(pass_through(proxy, clients[n::AT_ONCE], over))
            for n in range(AT_ONCE)
        ]

        for _ in range(rounds(1)):
            for instance in instances:
                assert await asyncio.to_thread(instance.stop) == 0
                begun = time.monotonic()
                await asyncio.to_thread(instance.start)
                ledger.recovery.append(time.monotonic() - begun)
        over.set()
        await asyncio.gather(*traffic)
        for instance in instances:
            assert await asyncio.to_thread(instance.stop) == 0

        await verify(database_url, clients, ledger)
        ledger.close()
        assert ledger.unanswered == 0


async def pass_through(proxy: RoundRobin, clients: list[Client], over: asyncio.Event) -> None:
    while not over.is_set():
        for client in clients:
            await proxy.serve(client)
            await asyncio.sleep(0.02)  # so that no chain moves faster than it may
