"""RF-04: a PostgreSQL that crashes under traffic and comes back is an interruption, no accident."""

import asyncio
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hexkey.adapters.sql import schema
from hexkey.adapters.sql.engine import make_engine
from tests.support.faults_families import Client, settings_for, signed_in, verify
from tests.support.faults_http import ask, eventually
from tests.support.faults_ledger import Ledger, rounds
from tests.support.postgres import Cluster, NoPostgres, run_apart, running_cluster
from tests.support.server import running_server

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]

CLIENTS = 32
OUTAGE = 2.0  # seconds
SLOWEST_REFUSAL = 3.0
RECOVERY = 5.0


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A server of our own to crash, that keeps what it acknowledges."""
    try:
        with running_cluster(durable=True) as it:
            run_apart(migrated(it.url))
            yield it
    except NoPostgres:
        pytest.skip("no PostgreSQL: install its server")


async def migrated(url: str) -> None:
    engine = make_engine(url)
    await schema.upgrade(engine)
    await engine.dispose()


class TestACrashedDatabase:
    async def test_rf_04_is_answered_with_503_until_it_is_back(
        self, cluster: Cluster, tmp_path: Path
    ) -> None:
        ledger = Ledger("RF-04 postgresql")
        clients = await signed_in(cluster.url, CLIENTS)
        with running_server(settings_for(cluster.url), folder=tmp_path) as server:
            for _ in range(rounds(1)):
                await eventually(lambda: all_refresh(server.port, clients, ledger), within=30)
                await asyncio.gather(
                    crash_and_return(cluster, server.port, ledger),
                    *(refresh_once_in_a_while(server.port, it, ledger) for it in clients),
                )
                back = time.monotonic()
                await eventually(lambda: all_refresh(server.port, clients, ledger), within=30)
                ledger.recovery.append(time.monotonic() - back)
            await verify(cluster.url, clients, ledger)
            assert server.process.poll() is None, "the server was not restarted"
            assert server.stop() == 0

        ledger.close()
        assert ledger.refused
        assert max(ledger.recovery) < RECOVERY
        assert ledger.slowest < SLOWEST_REFUSAL


async def all_refresh(port: int, clients: list[Client], ledger: Ledger) -> bool:
    answers = await asyncio.gather(*(client.refresh(port, ledger) for client in clients))
    return set(answers) <= {200, 429}


async def crash_and_return(cluster: Cluster, port: int, ledger: Ledger) -> None:
    await asyncio.to_thread(cluster.stop, signal.SIGQUIT)
    begun = time.monotonic()
    while time.monotonic() - begun < OUTAGE:
        alive, ready = await asyncio.gather(ask(port, "GET", "/livez"), ask(port, "GET", "/readyz"))
        if (alive.status, ready.status) != (200, 503):
            ledger.broken.append(f"livez {alive.status}, readyz {ready.status}")
        await asyncio.sleep(0.2)
    await asyncio.to_thread(cluster.start)


async def refresh_once_in_a_while(port: int, client: Client, ledger: Ledger) -> None:
    """Until the outage is over for sure; every refusal says when to come back."""
    end = time.monotonic() + OUTAGE
    while time.monotonic() < end:
        begun = time.monotonic()
        await client.refresh(port, ledger)
        ledger.took(begun)
        await asyncio.sleep(0.5)
