"""What goes wrong with databases is "try again later", and afterwards everything works again."""

import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql import engine as engine_module
from hexkey.adapters.sql import schema
from hexkey.adapters.sql.engine import make_engine
from hexkey.adapters.sql.failure_counters import SqlFailureCounters
from hexkey.adapters.sql.outbox_archive import SqlOutboxArchive
from hexkey.adapters.sql.outbox_queue import SqlOutboxQueue
from hexkey.adapters.sql.readiness import ping
from hexkey.adapters.sql.signed_in import SqlSignedInDirectory
from hexkey.adapters.sql.signing_keys import SqlSigningKeyStore
from hexkey.adapters.sql.store import SqlStore
from hexkey.adapters.sql.unit_of_work import unit_of_work
from hexkey.adapters.sql.user_directory import SqlUserDirectory
from hexkey.adapters.sql.webhook_endpoints import SqlWebhookEndpoints
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.identifiers import MessageId, SessionId
from tests.contracts.account_store import added
from tests.contracts.one_time_tokens import put
from tests.contracts.outbox import queued
from tests.contracts.outbox_queue import claimed
from tests.support.builders import (
    a_charge,
    a_message,
    a_one_time_token,
    a_signing_key,
    a_user,
    an_endpoint,
)
from tests.support.doubles import START
from tests.support.failpoints import Failpoints
from tests.support.postgres import Cluster, NoPostgres, running_cluster

pytestmark = pytest.mark.anyio

Deed = Callable[[AsyncEngine], Awaitable[object]]

READS: dict[str, Deed] = {
    "ping": ping,
    "check": schema.check,
    "signed in": lambda e: SqlSignedInDirectory(e).find(SessionId("x")),
    "user": lambda e: SqlUserDirectory(e).find_by_username("ann"),
    "keys": lambda e: SqlSigningKeyStore(e).all(),
    "webhooks": lambda e: SqlWebhookEndpoints(e).all(),
    "message": lambda e: SqlOutboxArchive(e).find(MessageId("x")),
    "outbox": lambda e: SqlOutboxArchive(e).state(now=START),
}
WRITES: dict[str, Deed] = {
    "add": lambda e: added(SqlStore(e), a_user()),
    "charge": lambda e: SqlFailureCounters(e).charge([a_charge()], now=START),
    "install": lambda e: SqlSigningKeyStore(e).add(a_signing_key()),
    "put": lambda e: put(SqlStore(e), a_one_time_token()),
    "queue": lambda e: queued(SqlStore(e), a_message()),
    "settle": lambda e: SqlOutboxQueue(e).settle([a_message()], holder="ann"),
    "release": lambda e: SqlOutboxQueue(e).release(holder="ann"),
    "webhook": lambda e: SqlWebhookEndpoints(e).add(an_endpoint()),
}


async def refused(deed: Awaitable[object]) -> TemporarilyUnavailable:
    """`deed` fails as it should: with a time, a cause for the log, and nothing of the database."""
    with pytest.raises(TemporarilyUnavailable) as info:
        await deed
    assert timedelta(seconds=1) <= info.value.retry_after <= timedelta(seconds=5)
    assert info.value.__cause__ is not None
    assert str(info.value) == TemporarilyUnavailable.message
    return info.value


class TestSqlite:
    @pytest.fixture(autouse=True)
    def _impatient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        pragmas = ("busy_timeout=100", *engine_module._PRAGMAS[1:])
        monkeypatch.setattr(engine_module, "_PRAGMAS", pragmas)

    @pytest.fixture
    async def sqlite(self, sqlite_path: Path) -> AsyncIterator[AsyncEngine]:
        engine = make_engine(f"sqlite:///{sqlite_path}", pool_size=2)
        yield engine
        await engine.dispose()

    @pytest.mark.parametrize("deed", WRITES.values(), ids=WRITES)
    async def test_a_lock_of_another_process_makes_writers_wait_and_readers_not(
        self, sqlite: AsyncEngine, sqlite_path: Path, deed: Deed
    ) -> None:
        with locked_by_another_process(sqlite_path):
            await refused(deed(sqlite))
            for read in READS.values():
                await read(sqlite)

        await deed(sqlite)

    async def test_a_worker_that_finds_nothing_waits_for_no_writer(
        self, sqlite: AsyncEngine, sqlite_path: Path
    ) -> None:
        """It asks once a second, and must not stand in anybody's way."""
        with locked_by_another_process(sqlite_path):
            assert await claimed(SqlOutboxQueue(sqlite), "ann") == []

        await queued(SqlStore(sqlite), message := a_message())
        with locked_by_another_process(sqlite_path):
            await refused(claimed(SqlOutboxQueue(sqlite), "ann"))
        assert await claimed(SqlOutboxQueue(sqlite), "ann") == [message]

    async def test_a_commit_that_fails_leaves_no_transaction_open_in_the_pool(
        self, sqlite: AsyncEngine
    ) -> None:
        """RF-03: the next one to get the connection would find the write lock taken, by itself."""
        failpoints, user = Failpoints(sqlite), a_user()
        with failpoints.breaking(3):  # after BEGIN and INSERT
            await refused(added(SqlStore(sqlite), user))
        assert failpoints.reached

        await added(SqlStore(sqlite), user)

    async def test_a_full_disk_refuses_and_recovers(
        self, sqlite: AsyncEngine, sqlite_path: Path
    ) -> None:
        # One connection, because SQLite counts pages for each connection.
        engine = make_engine(f"sqlite:///{sqlite_path}", pool_size=1)
        store = SqlStore(engine)
        await _pragma(engine, f"max_page_count = {await _pragma(engine, 'page_count')}")

        users = [a_user(email=f"{n}{'x' * 200}@a.example") for n in range(1000)]
        count = 0

        async def fill() -> None:
            nonlocal count
            for user in users:
                await added(store, user)
                count += 1

        await refused(fill())
        kept = [u for u in users if await SqlUserDirectory(engine).find(u.id)]
        assert kept == users[:count]  # what was acknowledged, and nothing half-done

        await _pragma(engine, "max_page_count = 100000")
        await added(store, users[count])
        await engine.dispose()

    @pytest.mark.parametrize("deed", WRITES.values(), ids=WRITES)
    async def test_a_file_that_is_read_only_can_still_be_read(
        self, sqlite: AsyncEngine, sqlite_path: Path, deed: Deed
    ) -> None:
        await ping(sqlite)  # somebody keeps the write-ahead log in place
        engine = make_engine(f"sqlite:///file:{sqlite_path}?mode=ro&uri=true")
        await refused(deed(engine))
        for read in READS.values():
            await read(engine)
        await engine.dispose()

        await deed(sqlite)

    @pytest.mark.parametrize("deed", [*READS.values(), *WRITES.values()], ids=[*READS, *WRITES])
    async def test_a_folder_that_is_not_there_is_a_database_that_is_away(
        self, tmp_path: Path, deed: Deed
    ) -> None:
        engine = make_engine(f"sqlite:///{tmp_path}/none/hexkey.db")
        before = set(threading.enumerate())
        await refused(deed(engine))
        await engine.dispose()
        # The driver's thread is still to tell the event loop that it ends.
        for thread in set(threading.enumerate()) - before:
            await asyncio.to_thread(thread.join, 5)

    async def test_a_file_that_is_no_database_is_not_called_temporary(self, tmp_path: Path) -> None:
        path = tmp_path / "hexkey.db"
        path.write_bytes(b"something else " * 1000)
        engine = make_engine(f"sqlite:///{path}")
        with pytest.raises(DBAPIError, match="not a database"):
            await ping(engine)
        await engine.dispose()

    async def test_a_pool_that_stays_empty_refuses(self, sqlite_path: Path) -> None:
        engine = make_engine(
            f"sqlite:///{sqlite_path}", pool_size=1, pool_timeout=timedelta(milliseconds=50)
        )
        async with unit_of_work(engine):
            await refused(ping(engine))

        await ping(engine)
        await engine.dispose()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A server of our own, which may be stopped."""
    try:
        with running_cluster(durable=True) as cluster:  # what was acknowledged must survive a crash
            yield cluster
    except NoPostgres:
        pytest.skip("needs the binaries of a PostgreSQL server")


@pytest.mark.postgres
class TestPostgresql:
    @pytest.fixture(params=["tcp", "socket"])
    async def server(
        self, request: pytest.FixtureRequest, cluster: Cluster
    ) -> AsyncIterator[AsyncEngine]:
        engine = make_engine(cluster.url if request.param == "tcp" else cluster.socket_url)
        await schema.upgrade(engine)
        yield engine
        await engine.dispose()

    @pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["shutdown", "crash"])
    async def test_a_server_that_goes_away_and_comes_back_needs_no_restart_of_ours(
        self, server: AsyncEngine, cluster: Cluster, how: signal.Signals
    ) -> None:
        store, user = SqlStore(server), a_user()
        await added(store, user)
        await asyncio.gather(*(SqlUserDirectory(server).find(user.id) for _ in range(6)))

        await asyncio.to_thread(cluster.stop, how)
        for deed in (*READS.values(), *WRITES.values()):
            await refused(deed(server))
        await asyncio.to_thread(cluster.start)

        # Not one failure is left over, in none of the pooled connections.
        found = await asyncio.gather(*(SqlUserDirectory(server).find(user.id) for _ in range(12)))
        assert found == [user] * 12

    async def test_connections_lost_while_idle_are_replaced_without_a_failure(
        self, server: AsyncEngine, cluster: Cluster
    ) -> None:
        await asyncio.gather(*(ping(server) for _ in range(8)))
        await asyncio.to_thread(cluster.stop)
        await asyncio.to_thread(cluster.start)
        await asyncio.sleep(0.05)  # the event loop sees that the old server hung up

        await asyncio.gather(*(ping(server) for _ in range(8)))

    async def test_a_connection_lost_in_the_middle_undoes_everything(
        self, server: AsyncEngine
    ) -> None:
        store, user = SqlStore(server), a_user()

        async def interrupted() -> None:
            async with store.begin() as transaction:
                await transaction.users.add(user)
                async with unit_of_work(server) as other:
                    await other.execute(
                        text(
                            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                            " WHERE pid <> pg_backend_pid() AND state = 'idle in transaction'"
                        )
                    )
                await transaction.users.find(user.id)
                await transaction.commit()

        await refused(interrupted())
        assert await SqlUserDirectory(server).find(user.id) is None

    @pytest.mark.parametrize(
        "statement",
        [
            "SELECT pg_sleep(20)",
            "SELECT * FROM users WHERE pg_sleep(20) IS NOT NULL FOR UPDATE",
        ],
    )
    async def test_a_statement_that_takes_too_long_is_ended(
        self, cluster: Cluster, server: AsyncEngine, statement: str
    ) -> None:
        engine = make_engine(f"{cluster.url}?statement_timeout=100")
        await added(SqlStore(server), a_user())
        async with asyncio.timeout(3), unit_of_work(engine) as work:
            await refused(work.execute(text(statement)))
        await ping(engine)
        await engine.dispose()

    async def test_a_row_that_somebody_holds_too_long_refuses(
        self, cluster: Cluster, server: AsyncEngine
    ) -> None:
        user = a_user()
        await added(SqlStore(server), user)
        impatient = SqlStore(engine := make_engine(f"{cluster.url}?statement_timeout=100"))

        async def find() -> None:
            async with impatient.begin() as transaction:
                await transaction.users.find(user.id)

        async with SqlStore(server).begin() as transaction:
            await transaction.users.find(user.id)
            await refused(find())
        await find()
        await engine.dispose()

    @pytest.mark.parametrize("deed", WRITES.values(), ids=WRITES)
    async def test_a_server_that_only_reads_can_still_be_read(
        self, cluster: Cluster, server: AsyncEngine, deed: Deed
    ) -> None:
        engine = make_engine(f"{cluster.url}?default_transaction_read_only=on")
        await refused(deed(engine))
        for read in READS.values():
            await read(engine)
        await engine.dispose()

    async def test_a_server_with_no_connection_left_refuses(self, cluster: Cluster) -> None:
        async with _limited(cluster) as engine, unit_of_work(engine) as work:
            await work.execute(text("SELECT 1"))
            other = make_engine(cluster.url.replace("postgres@", "few@"))
            await refused(ping(other))
            await other.dispose()


class _limited:
    """An engine of a role that may connect once."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def __aenter__(self) -> AsyncEngine:
        engine = make_engine(self._cluster.url)
        async with unit_of_work(engine) as work:
            await work.execute(text("CREATE ROLE few LOGIN CONNECTION LIMIT 1"))
            await work.commit()
        await engine.dispose()
        self._engine = make_engine(self._cluster.url.replace("postgres@", "few@"))
        return self._engine

    async def __aexit__(self, *_: object) -> None:
        await self._engine.dispose()


class locked_by_another_process:
    """Somebody else is in the middle of a write to a SQLite file."""

    _SCRIPT = (
        "import sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('BEGIN IMMEDIATE'); print('locked', flush=True); sys.stdin.read()\n"
    )

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", self._SCRIPT, str(self._path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"locked\n"

    def __exit__(self, *_: object) -> None:
        self._process.communicate()
        assert self._process.returncode == 0


async def _pragma(engine: AsyncEngine, pragma: str) -> object:
    async with unit_of_work(engine) as work:
        value = (await work.execute(text(f"PRAGMA {pragma}"))).scalar()
        await work.commit()
        return value
