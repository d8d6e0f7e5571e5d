"""RF-23: everybody's access token expires at the same instant."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.support.faults_families import Client, settings_for, signed_in, verify
from tests.support.faults_ledger import Ledger, rounds
from tests.support.server import running_server

pytestmark = pytest.mark.anyio

CLIENTS = 1000
LONGEST = 30.0  # seconds until the last one is served


class TestARefreshStorm:
    async def test_rf_23_is_weathered_without_a_false_reuse(
        self, database_url: str, tmp_path: Path
    ) -> None:
        ledger = Ledger(f"RF-23 {database_url.partition(':')[0]}")
        clients = await signed_in(database_url, CLIENTS)
        two = ["--workers", "2"]
        with running_server(settings_for(database_url), folder=tmp_path, arguments=two) as server:
            for _ in range(rounds(1)):
                begun = time.monotonic()
                await asyncio.gather(*(served(server.port, it, ledger) for it in clients))
                ledger.recovery.append(time.monotonic() - begun)

        await verify(database_url, clients, ledger)
        ledger.close()
        assert ledger.acknowledged == CLIENTS * rounds(1)
        assert max(ledger.recovery) < LONGEST


async def served(port: int, client: Client, ledger: Ledger) -> None:
    """As a client does that is told to come back."""
    begun = time.monotonic()
    while await client.refresh(port, ledger) != 200:  # noqa: ASYNC110 - told when, by `Retry-After`
        await asyncio.sleep(1)
    ledger.took(begun)
