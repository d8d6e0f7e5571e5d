"""RF-19: a key has leaked, and is replaced and retired while two instances are under load."""

import asyncio
import json
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from hexkey.adapters.crypto.published_keys import PublishedKeyRing
from hexkey.adapters.crypto.pyjwt_tokens import PyJwtVerifier
from hexkey.domain.sessions.access_token import InvalidToken, UnknownSigningKey
from tests.support.faults_families import Client, settings_for, signed_in, verify
from tests.support.faults_http import ask, eventually, whoami
from tests.support.faults_ledger import Ledger
from tests.support.jose import read
from tests.support.server import run_program, running_server

pytestmark = pytest.mark.anyio

ISSUER = "http://127.0.0.1:1"
CLIENTS = 160


class ResourceServer:
    """Verifies offline, and asks again when it meets a key that it does not know (JW-17)."""

    def __init__(self, port: int) -> None:
        self._port, self._ring = port, PublishedKeyRing()
        self._verifier = PyJwtVerifier(self._ring, issuer=ISSUER, audience=ISSUER)

    async def ask(self) -> None:
        answer = await ask(self._port, "GET", "/.well-known/jwks.json")
        self._ring.load(json.dumps(answer.body))

    async def verifies(self, token: str) -> bool:
        try:
            self._verifier.verify(token)
        except UnknownSigningKey:
            await self.ask()
            return self.knows(token)
        return True

    def knows(self, token: str) -> bool:
        try:
            self._verifier.verify(token)
        except InvalidToken:
            return False
        return True


class Load:
    """Refreshes at both instances; every token is shown to both, and to resource servers."""

    def __init__(self, ports: list[int], clients: list[Client], ledger: Ledger) -> None:
        self.ports, self.clients, self.ledger = ports, clients, ledger
        self.resource_servers = [ResourceServer(port) for port in ports]
        self.over = asyncio.Event()
        self.latest: dict[int, str] = {}

    async def run(self) -> None:
        for turn in count():
            if self.over.is_set():
                return
            client, port = self.clients[turn % CLIENTS], self.ports[turn % 2]
            assert await client.refresh(port, self.ledger) == 200
            self.latest[port] = token = client.access_tokens[-1]
            await self._show(token)
            await asyncio.sleep(0.02)  # so that no chain moves faster than it may

    async def _show(self, token: str) -> None:
        for port in self.ports:
            if await whoami(port, token) != 200:
                self.ledger.broken.append("an instance refused a good token")
        for server in self.resource_servers:
            if not await server.verifies(token):
                self.ledger.broken.append("a resource server refused a good token")

    async def both_sign_with(self, kid: str) -> bool:
        """Nobody tells them; each process looks every second."""
        return {kid_of(token) for token in self.latest.values()} == {kid}


def kid_of(token: str) -> str:
    return str(read(token)[0]["kid"])


class TestALeakedKey:
    async def test_rf_19_is_replaced_and_retired_under_load(
        self, database_url: str, tmp_path: Path
    ) -> None:
        env = settings_for(database_url) | {"HEXKEY_PUBLIC_URL": ISSUER}
        ledger = Ledger(f"RF-19 emergency {database_url.partition(':')[0]}")
        clients = await signed_in(database_url, CLIENTS)
        with ExitStack() as stack:
            for name in "ab":
                (tmp_path / name).mkdir()
            servers = [
                stack.enter_context(running_server(env, folder=tmp_path / name)) for name in "ab"
            ]
            load = Load([server.port for server in servers], clients, ledger)
            running = asyncio.create_task(load.run())
            await eventually(lambda: has_begun(load), within=10)
            old = load.latest[load.ports[0]]

            new = (await command("keys", "rotate", "--now", folder=tmp_path, env=env))["id"]
            await eventually(lambda: load.both_sign_with(new), within=10)
            assert {await whoami(port, old) for port in load.ports} == {200}

            retired = await command("keys", "retire", kid_of(old), folder=tmp_path, env=env)
            assert retired["state"] == "retired"
            await eventually(lambda: is_refused_everywhere(load, old), within=10)
            load.over.set()
            await running

        await verify(database_url, clients, ledger)
        ledger.close()


async def has_begun(load: Load) -> bool:
    return len(load.latest) == len(load.ports)


async def is_refused_everywhere(load: Load, token: str) -> bool:
    for server in load.resource_servers:
        await server.ask()
    refused = {await whoami(port, token) for port in load.ports} == {401}
    return refused and not any(server.knows(token) for server in load.resource_servers)


async def command(*arguments: str, folder: Path, env: dict[str, str]) -> dict[str, str]:
    done = await asyncio.to_thread(run_program, *arguments, "--json", folder=folder, env=env)
    assert done.returncode == 0, done.stderr
    made: dict[str, str] = json.loads(done.stdout)
    return made
