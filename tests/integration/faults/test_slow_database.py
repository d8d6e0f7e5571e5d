"""RF-05, RF-10, RF-11, RF-32: a database that is slow, busy, or says nothing more at all."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from hexkey.adapters.sql.engine import POOL_SIZE, POOL_TIMEOUT
from tests.support.faults_families import Client, settings_for, signed_in, verify
from tests.support.faults_http import Answer, ask, eventually, whoami
from tests.support.faults_ledger import Ledger, p99
from tests.support.faults_people import Person, SignedIn
from tests.support.postgres import Cluster, NoPostgres, run_apart, running_cluster
from tests.support.server import Server, running_server
from tests.support.slow_line import SlowLine, slow_line

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]

CLIENTS = 48
RECOVERY = 10.0
LONGEST = 5.0


@pytest.fixture
async def line(postgres_url: str) -> AsyncIterator[SlowLine]:
    async with slow_line(urlsplit(postgres_url).port or 5432) as line:
        yield line


@asynccontextmanager
async def apart(settings: dict[str, str], folder: Path) -> AsyncIterator[Server]:
    """A server that is waited for elsewhere: the line to its database is in this loop."""
    running = running_server(settings, folder=folder)
    server = await asyncio.to_thread(running.__enter__)
    try:
        yield server
    finally:
        await asyncio.to_thread(running.__exit__, None, None, None)


async def refreshed(port: int, clients: list[Client], ledger: Ledger) -> list[float]:
    """Let each refresh once; how long each answer of success took."""
    took: list[float] = []

    async def one(client: Client) -> None:
        begun = time.monotonic()
        if await client.refresh(port, ledger) == 200:
            took.append(time.monotonic() - begun)
        ledger.took(begun)

    await asyncio.gather(*map(one, clients))
    return sorted(took)


async def while_silent(port: int, clients: list[Client], person: Person, ledger: Ledger) -> None:
    """Whoever needs the database waits and is refused; whoever needs none does not notice."""
    waiting = asyncio.create_task(refreshed(port, clients, ledger))
    signing_in = asyncio.create_task(_signs_in_in_vain(port, person, ledger))
    while not waiting.done():
        alive, keys = await asyncio.gather(
            ask(port, "GET", "/livez"), ask(port, "GET", "/.well-known/jwks.json")
        )
        if (alive.status, keys.status) != (200, 200):
            ledger.broken.append(f"livez {alive.status}, JWKS {keys.status}")
        await asyncio.sleep(0.2)
    assert await waiting == []
    await signing_in


async def _signs_in_in_vain(port: int, person: Person, ledger: Ledger) -> None:
    """It is more than one transaction, and has something else to try when counting fails."""
    begun = time.monotonic()
    if (await person.try_to_sign_in(port)).status != 503:
        ledger.broken.append("a sign-in was not refused")
    ledger.took(begun)
    ledger.refused += 1


async def recovered(port: int, clients: list[Client], ledger: Ledger) -> None:
    begun = time.monotonic()

    async def all_well() -> bool:
        return len(await refreshed(port, clients, ledger)) == len(clients)

    await eventually(all_well, within=40)
    ledger.recovery.append(time.monotonic() - begun)


class TestADatabaseThatFallsSilent:
    async def test_rf_05_when_the_network_swallows_everything(
        self, postgres_url: str, line: SlowLine, tmp_path: Path
    ) -> None:
        ledger = Ledger("RF-05 black hole")
        clients = await signed_in(postgres_url, CLIENTS)
        settings = settings_for(line.instead_of(postgres_url))
        async with apart(settings, tmp_path) as server:
            await refreshed(server.port, clients, ledger)
            person = await Person.registered(server.port)
            line.is_whole.clear()
            await while_silent(server.port, clients[: POOL_SIZE - 1], person, ledger)
            line.is_whole.set()
            await recovered(server.port, clients, ledger)
        await verify(postgres_url, clients, ledger)

        ledger.close()
        assert ledger.refused + ledger.unanswered >= POOL_SIZE
        assert ledger.slowest < LONGEST
        assert max(ledger.recovery) < RECOVERY

    async def test_rf_05_when_it_is_paused(self, tmp_path: Path) -> None:
        ledger = Ledger("RF-05 SIGSTOP")
        try:
            with running_cluster() as cluster:
                await self._paused(cluster, ledger, tmp_path)
        except NoPostgres:
            pytest.skip("no PostgreSQL: install its server")

        ledger.close()
        assert ledger.slowest < LONGEST
        assert max(ledger.recovery) < RECOVERY

    async def _paused(self, cluster: Cluster, ledger: Ledger, folder: Path) -> None:
        run_apart(_migrated(cluster.url))
        clients = await signed_in(cluster.url, CLIENTS)
        with running_server(settings_for(cluster.url), folder=folder) as server:
            await refreshed(server.port, clients, ledger)
            person = await Person.registered(server.port)
            _signal_all(cluster, signal.SIGSTOP)
            try:
                await while_silent(server.port, clients[: POOL_SIZE - 1], person, ledger)
            finally:
                _signal_all(cluster, signal.SIGCONT)
            await recovered(server.port, clients, ledger)
        await verify(cluster.url, clients, ledger)


class TestABusyDatabase:
    async def test_rf_10_has_a_queue_that_ends(self, postgres_url: str, tmp_path: Path) -> None:
        ledger, count = Ledger("RF-10 500 at once, pool of 10"), 500
        clients = await signed_in(postgres_url, count)
        with running_server(settings_for(postgres_url), folder=tmp_path) as server:
            admitted = await refreshed(server.port, clients, ledger)
            used = await _connections(postgres_url)
            await eventually(partial(_is_idle, postgres_url), within=5)
            await recovered(server.port, clients[:CLIENTS], ledger)
        await verify(postgres_url, clients, ledger)

        ledger.remarks.append(f"admitted {len(admitted)} of {count}, p99 {p99(admitted):.2f} s")
        ledger.close()
        assert ledger.unanswered == 0
        assert ledger.slowest < LONGEST
        assert used <= POOL_SIZE + 2, "and two that listen and look"

    async def test_rf_10_refuses_whoever_finds_every_connection_stuck(
        self, postgres_url: str, tmp_path: Path
    ) -> None:
        """RF-10: ten wait for a lock, and give up by themselves; nobody else waits as long."""
        ledger, count = Ledger("RF-10 the pool stuck behind a lock"), 200
        clients = await signed_in(postgres_url, count)
        with running_server(settings_for(postgres_url), folder=tmp_path) as server:
            await refreshed(server.port, clients[:POOL_SIZE], ledger)
            async with locked(postgres_url, "sessions"):
                took = await refused(server.port, clients, ledger)
            await eventually(partial(_is_idle, postgres_url), within=5)
            await recovered(server.port, clients[:CLIENTS], ledger)
        await verify(postgres_url, clients, ledger)

        beyond = took[: count - POOL_SIZE]
        ledger.remarks.append(f"{len(beyond)} beyond the pool refused within {max(beyond):.2f} s")
        ledger.close()
        assert len(took) == count
        assert max(beyond) < POOL_TIMEOUT.total_seconds() + 1
        assert ledger.slowest < LONGEST


async def refused(port: int, clients: list[Client], ledger: Ledger) -> list[float]:
    """How long each took to be told so, in order."""
    took: list[float] = []

    async def one(client: Client) -> None:
        begun = time.monotonic()
        if await client.refresh(port, ledger) == 503:
            took.append(time.monotonic() - begun)
        ledger.took(begun)

    await asyncio.gather(*map(one, clients))
    return sorted(took)


class TestALockedAuditTrail:
    async def test_rf_32_stops_what_must_be_written_down_and_nothing_else(
        self, postgres_url: str, tmp_path: Path
    ) -> None:
        ledger = Ledger("RF-32 the table of the audit trail is locked")
        with running_server(settings_for(postgres_url), folder=tmp_path) as server:
            people = [await Person.registered(server.port) for _ in range(2)]  # of ten connections
            held = [await it.sign_in(server.port) for it in people]
            ledger.acknowledged += len(held)
            async with locked(postgres_url, "audit_events"):
                critical = asyncio.create_task(_audited_acts(server.port, people, held, ledger))
                looks = await _looks_until(server.port, critical.done, held[0].access_token)
                statuses = await critical
            for person, it in zip(people, held, strict=True):
                if await whoami(server.port, it.access_token) != 200:
                    ledger.broken.append("a session ended, and nobody was told so")
                await person.sign_in(server.port)  # with the password that is said to be unchanged
                ledger.acknowledged += 1

        ledger.remarks.append(f"{len(looks)} reads meanwhile, p99 {p99(looks) * 1000:.0f} ms")
        ledger.close()
        assert statuses == [503] * 6
        assert ledger.slowest < LONGEST + 5, "passwords are hashed first, one after the other"
        assert max(looks) < 1


async def _audited_acts(
    port: int, people: list[Person], held: list[SignedIn], ledger: Ledger
) -> list[int]:
    async def told(answering: Awaitable[Answer]) -> int:
        begun = time.monotonic()
        status = (await answering).status
        ledger.took(begun)
        ledger.refused += status == 503
        return status

    return await asyncio.gather(
        *(told(it.try_to_sign_in(port)) for it in people),
        *(
            told(it.change_password(port, by.access_token))
            for it, by in zip(people, held, strict=True)
        ),
        *(told(ask(port, "DELETE", "/sessions/current", token=it.access_token)) for it in held),
    )


@asynccontextmanager
async def locked(url: str, table: str) -> AsyncIterator[None]:
    """While somebody else has the table, as in a migration that goes wrong."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await connection.close()


class TestASlowDatabase:
    async def test_rf_11_slows_down_whoever_needs_it_and_nobody_else(
        self, postgres_url: str, line: SlowLine, tmp_path: Path
    ) -> None:
        ledger = Ledger("RF-11 +200 ms a statement")
        clients = await signed_in(postgres_url, CLIENTS)
        settings = settings_for(line.instead_of(postgres_url))
        async with apart(settings, tmp_path) as server:
            await refreshed(server.port, clients, ledger)
            line.delay = 0.2
            waiting = asyncio.create_task(refreshed(server.port, clients[:20], ledger))
            looks = await _looks_until(server.port, waiting.done)
            assert len(await waiting) == 20
        line.delay = 0
        await verify(postgres_url, clients, ledger)

        ledger.remarks.append(f"/livez p99 {p99(looks) * 1000:.0f} ms")
        ledger.close()
        assert ledger.refused == 0
        assert p99(looks) < 0.5, "50 ms on a machine of its own"


async def _looks_until(
    port: int, is_over: Callable[[], bool], access_token: str | None = None
) -> list[float]:
    """How long answers take to whoever asks for little: whether it is alive, or who one is."""
    took, path = [], "/users/me" if access_token else "/livez"
    while not is_over():
        begun = time.monotonic()
        assert (await ask(port, "GET", path, token=access_token)).status == 200
        took.append(time.monotonic() - begun)
        await asyncio.sleep(0.01)
    return sorted(took)


async def _connections(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        found: int = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = 'hexkey'"
        )
    finally:
        await connection.close()
    return found


async def _is_idle(url: str) -> bool:
    """Whether no connection of the server's is in the middle of anything."""
    connection = await asyncpg.connect(url)
    try:
        busy: int = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND application_name = 'hexkey' AND state <> 'idle'"
        )
    finally:
        await connection.close()
    return busy == 0


async def _migrated(url: str) -> None:
    from hexkey.adapters.sql import schema
    from hexkey.adapters.sql.engine import make_engine

    engine = make_engine(url)
    await schema.upgrade(engine)
    await engine.dispose()


def _signal_all(cluster: Cluster, which: signal.Signals) -> None:
    """To the server and to every process that it has begun."""
    import os

    assert cluster._process is not None
    for process in (*_children(cluster._process.pid), cluster._process.pid):
        os.kill(process, which)


def _children(parent: int) -> list[int]:
    found = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(it) for it in found.split()]
