"""How connections are set up, whatever the pool does with them."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.engine import BUSY_TIMEOUT, autocommitting, make_engine
from hexkey.adapters.sql.failure_counters import SqlFailureCounters
from hexkey.adapters.sql.patience import PATIENCE
from hexkey.adapters.sql.readiness import ping
from hexkey.adapters.sql.single_statement import number_changed_by
from hexkey.adapters.sql.unit_of_work import unit_of_work
from hexkey.application.audit.context import RequestContext, serving
from hexkey.domain.authentication.throttle import Budget, Charge
from hexkey.domain.errors import TemporarilyUnavailable
from tests.support.doubles import START

pytestmark = pytest.mark.anyio

_CHANGE = text("UPDATE users SET id = id")


class TestSqliteConnections:
    @pytest.fixture
    async def sqlite(self, sqlite_path: Path) -> AsyncIterator[AsyncEngine]:
        engine = make_engine(f"sqlite:///{sqlite_path}", pool_size=4)
        yield engine
        await engine.dispose()

    @pytest.mark.parametrize(
        ("pragma", "value"),
        [("synchronous", 2), ("journal_mode", "wal"), ("foreign_keys", 1), ("busy_timeout", 4000)],
    )
    async def test_are_all_set_up_alike(
        self, sqlite: AsyncEngine, pragma: str, value: object
    ) -> None:
        """RF-01: synchronous=FULL (2) on every connection, or a power cut loses commits."""
        found = []
        async with AsyncExitStack() as stack:
            for _ in range(4):
                connection = await stack.enter_async_context(autocommitting(sqlite).connect())
                found.append((await connection.execute(text(f"PRAGMA {pragma}"))).scalar())

        assert found == [value] * 4

    async def test_take_the_write_lock_at_the_beginning(
        self, sqlite: AsyncEngine, sqlite_path: Path
    ) -> None:
        """RA-08: who reads first and writes later finds the snapshot outdated, and fails."""
        async with unit_of_work(sqlite):
            other = sqlite3.connect(sqlite_path, timeout=0, isolation_level=None)
            with closing(other), pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")

    async def test_are_not_held_by_writers_that_wait_for_their_turn(
        self, sqlite: AsyncEngine
    ) -> None:
        async def write() -> None:
            async with unit_of_work(sqlite):
                pass

        async with unit_of_work(sqlite):
            waiting = [asyncio.create_task(write()) for _ in range(8)]
            await asyncio.sleep(0.05)
            async with asyncio.timeout(1):
                await ping(sqlite)
            assert not any(task.done() for task in waiting)

        await asyncio.gather(*waiting)

    async def test_rf_08_that_cannot_write_are_replaced(self, sqlite: AsyncEngine) -> None:
        """RF-08: one that was opened while the file was read-only stays so when it is no longer."""
        async with autocommitting(sqlite).connect() as connection:
            await connection.execute(text("PRAGMA query_only = ON"))
        with pytest.raises(TemporarilyUnavailable):
            await number_changed_by(autocommitting(sqlite, writing=True), _CHANGE, {})

        assert await number_changed_by(autocommitting(sqlite, writing=True), _CHANGE, {}) == 0

    async def test_rf_09_let_a_request_wait_for_as_long_as_its_patience_lasts(
        self, sqlite: AsyncEngine, sqlite_path: Path
    ) -> None:
        """RF-09: another process has the lock, and the request has waited before."""
        other = sqlite3.connect(sqlite_path, timeout=0, isolation_level=None)
        with closing(other), serving(RequestContext(request_id="one")) as request:
            other.execute("BEGIN IMMEDIATE")
            request.waited = PATIENCE.total_seconds() - 0.1
            async with asyncio.timeout(BUSY_TIMEOUT.total_seconds() / 2):
                with pytest.raises(TemporarilyUnavailable):
                    async with unit_of_work(sqlite):
                        pass

        async with unit_of_work(sqlite) as work:
            assert (await work.execute(text("PRAGMA busy_timeout"))).scalar() == 4000

    async def test_hold_no_transaction_for_single_statements(self, sqlite: AsyncEngine) -> None:
        async with autocommitting(sqlite).connect() as connection:
            await connection.execute(text("SELECT 1"))
            driver = (await connection.get_raw_connection()).driver_connection
            assert driver is not None
            assert not driver.in_transaction


@asynccontextmanager
async def defaulting_to(isolation: str, *, at: str) -> AsyncIterator[None]:
    """A database at which transactions are isolated like this, if nobody says otherwise."""
    connection = await asyncpg.connect(at)
    name = f'"{await connection.fetchval("SELECT current_database()")}"'
    try:
        await connection.execute(
            f"ALTER DATABASE {name} SET default_transaction_isolation = '{isolation}'"
        )
        yield
    finally:
        await connection.execute(f"ALTER DATABASE {name} RESET default_transaction_isolation")
        await connection.close()


@pytest.mark.postgres
class TestPostgresqlConnections:
    @pytest.fixture
    async def postgres(self, postgres_url: str) -> AsyncIterator[AsyncEngine]:
        engine = make_engine(f"{postgres_url}?application_name=hexkey-test")
        yield engine
        await engine.dispose()

    @pytest.mark.parametrize(
        ("setting", "value"),
        [
            ("statement_timeout", "4s"),
            ("idle_in_transaction_session_timeout", "8s"),
            ("synchronous_commit", "off"),  # the test server's; never set by us
            ("default_transaction_isolation", "read committed"),
        ],
    )
    async def test_are_set_up(self, postgres: AsyncEngine, setting: str, value: str) -> None:
        async with postgres.connect() as connection:
            found = (await connection.execute(text(f"SHOW {setting}"))).scalar()

        assert found == value

    @pytest.mark.parametrize(
        ("suffix", "name"), [("", "hexkey"), ("?application_name=mine", "mine")]
    )
    async def test_tell_the_server_who_they_are(
        self, postgres_url: str, suffix: str, name: str
    ) -> None:
        engine = make_engine(postgres_url + suffix)
        async with engine.connect() as connection:
            found = (await connection.execute(text("SHOW application_name"))).scalar()
        await engine.dispose()

        assert found == name

    @pytest.mark.parametrize("isolation", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
    async def test_write_in_the_isolation_that_was_asked_for(
        self, postgres_url: str, isolation: str
    ) -> None:
        engine = make_engine(postgres_url, isolation=isolation)  # type: ignore[arg-type]  # a parameter of the test
        async with engine.connect() as connection:
            found = (await connection.execute(text("SHOW transaction_isolation"))).scalar()
        await engine.dispose()

        assert found == isolation.lower()

    @pytest.mark.parametrize("default", ["repeatable read", "serializable"])
    async def test_ra_08_run_single_statements_at_read_committed(
        self, postgres_url: str, default: str
    ) -> None:
        """RA-08: whatever the server's default; at another, what many count together fails."""
        charge = Charge(key="network|x", budget=Budget(free=1000))
        async with defaulting_to(default, at=postgres_url):
            engine = make_engine(postgres_url)
            counters = SqlFailureCounters(engine)
            try:
                await asyncio.gather(*(counters.charge([charge], now=START) for _ in range(40)))
                (last,) = await counters.charge([charge], now=START)
            finally:
                await engine.dispose()

        assert last.failures.count == 41

    async def test_run_single_statements_as_the_url_says(self, postgres_url: str) -> None:
        engine = make_engine(f"{postgres_url}?default_transaction_isolation=serializable")
        async with autocommitting(engine).connect() as connection:
            found = (await connection.execute(text("SHOW transaction_isolation"))).scalar()
        await engine.dispose()

        assert found == "serializable"

    async def test_hold_no_transaction_for_single_statements(self, postgres: AsyncEngine) -> None:
        async with autocommitting(postgres).connect() as connection:
            await connection.execute(text("SELECT 1"))
            driver = (await connection.get_raw_connection()).driver_connection
            assert driver is not None
            assert not driver.is_in_transaction()


class TestErrors:
    async def test_lg_03_show_no_value_of_a_statement(self, engine: AsyncEngine) -> None:
        """LG-03: what fails in the database ends in the log, with its traceback."""
        async with engine.connect() as connection:
            with pytest.raises(DBAPIError) as failed:
                await connection.execute(
                    text("SELECT nothing FROM nowhere WHERE x = :canary"), {"canary": "S3CRET"}
                )

        assert "S3CRET" not in str(failed.value)


class TestPing:
    async def test_returns_when_the_database_answers(self, engine: AsyncEngine) -> None:
        await ping(engine)
