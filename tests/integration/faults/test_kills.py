"""RF-01, TK-05, TK-08: a server that is killed in the middle of refreshes forgets nothing."""

import asyncio
import random
import time
from pathlib import Path

import pytest

from tests.support.faults_families import Client, settings_for, signed_in, verify
from tests.support.faults_http import Refused
from tests.support.faults_ledger import Ledger, rounds
from tests.support.server import Server, free_port, running_server

pytestmark = pytest.mark.anyio

CLIENTS = 96  # so many that none rotates more often than a chain allows
AT_ONCE = 12


class TestAKilledServer:
    async def test_rf_01_tk_08_has_done_each_refresh_or_not_at_all(
        self, database_url: str, tmp_path: Path
    ) -> None:
        ledger = Ledger(f"RF-01 {database_url.partition(':')[0]}")
        clients = await signed_in(database_url, CLIENTS)
        chance, port = random.Random(8), free_port()

        for _ in range(rounds(2)):
            begun = time.monotonic()
            with running_server(settings_for(database_url), folder=tmp_path, port=port) as server:
                ledger.restarts.append(time.monotonic() - begun)
                await verify(database_url, clients, ledger)
                await repeat_what_is_in_doubt(server, clients, ledger)
                ledger.recovery.append(time.monotonic() - begun)
                await kill_in_the_middle(server, clients, ledger, after=chance.uniform(0.05, 0.4))

        await verify(database_url, clients, ledger)
        ledger.close()


async def repeat_what_is_in_doubt(server: Server, clients: list[Client], ledger: Ledger) -> None:
    """A lost answer is given again: old or new is usable, never none (TK-04)."""
    for client in clients:
        if client.in_doubt:
            assert await client.refresh(server.port, ledger) in (200, 429)


async def kill_in_the_middle(
    server: Server, clients: list[Client], ledger: Ledger, *, after: float
) -> None:
    async def traffic(mine: list[Client]) -> None:
        while True:
            for client in mine:
                if await client.refresh(server.port, ledger) is None:
                    return

    async def gone(mine: list[Client]) -> None:
        try:
            await traffic(mine)
        except Refused:
            return

    running = [asyncio.create_task(gone(clients[n::AT_ONCE])) for n in range(AT_ONCE)]
    await asyncio.sleep(after)
    server.kill()
    await asyncio.gather(*running)
