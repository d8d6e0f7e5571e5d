"""SE-03, SE-05: revocation that reaches every process, by every bell and without one."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.memory.change_bell import InProcessBell
from hexkey.adapters.redis.change_bell import RedisBell
from hexkey.adapters.sql.change_bell import PostgresBell
from hexkey.adapters.sql.change_log import SqlChangeLog
from hexkey.adapters.sql.engine import make_engine
from hexkey.adapters.sql.signed_in import SqlSignedInDirectory
from hexkey.adapters.sql.store import SqlStore
from hexkey.application.ports.changes import ChangeBell
from tests.contracts.change_bell import (
    A_WHILE,
    ChangeBellContract,
    Shared,
    listening,
    rings,
    settled,
)
from tests.contracts.session_store import opened
from tests.support.builders import a_user
from tests.support.doubles import START
from tests.support.postgres import Cluster, NoPostgres, running_cluster
from tests.support.redis import RedisServer

pytestmark = pytest.mark.anyio


def shared_on(engine: AsyncEngine) -> Shared:
    return Shared(SqlStore(engine), SqlSignedInDirectory(engine), SqlChangeLog(engine))


class _OnSqlite:
    @pytest.fixture
    async def shared(self, sqlite_path: Path) -> AsyncIterator[Shared]:
        engine = make_engine(f"sqlite:///{sqlite_path}")
        yield shared_on(engine)
        await engine.dispose()


class TestSeveralProcessesOnOneSqliteFile(_OnSqlite, ChangeBellContract):
    """They have no bell: what rings here is only heard here."""

    @pytest.fixture
    def mine(self) -> ChangeBell:
        return InProcessBell()

    @pytest.fixture
    def theirs(self, mine: ChangeBell) -> ChangeBell:
        return mine

    @pytest.fixture
    def silent(self) -> ChangeBell:
        return InProcessBell()


@pytest.mark.postgres
class TestPostgresBell(ChangeBellContract):
    @pytest.fixture
    async def shared(self, postgres_url: str) -> AsyncIterator[Shared]:
        engine = make_engine(postgres_url)
        yield shared_on(engine)
        await engine.dispose()

    @pytest.fixture
    def mine(self, postgres_url: str) -> ChangeBell:
        return PostgresBell(postgres_url)

    @pytest.fixture
    def theirs(self, postgres_url: str) -> ChangeBell:
        return PostgresBell(postgres_url)

    @pytest.fixture
    def silent(self) -> ChangeBell:
        return PostgresBell("postgresql://nobody@127.0.0.1:1/nothing")

    async def test_rings_only_when_the_change_is_committed(
        self, mine: ChangeBell, shared: Shared
    ) -> None:
        user = a_user()
        await opened(shared.store, user, sessions=[])
        async with listening(mine):
            await settled(mine)
            async with shared.store.begin() as transaction:
                await transaction.users.replace(user, user.disabled(now=START))

            assert not await rings(mine, within=timedelta(milliseconds=200))

    async def test_comes_back_when_the_server_hung_up(
        self, mine: ChangeBell, theirs: ChangeBell, shared: Shared, postgres_url: str
    ) -> None:
        async with listening(mine):
            await settled(mine)
            assert await hang_up_on_listeners(postgres_url) == 1
            assert await rings(mine)  # it may have missed something
            await settled(mine)

            await self.changed(shared, theirs)

            assert await rings(mine)

    async def test_holds_no_connection_when_it_was_stopped(
        self, mine: ChangeBell, postgres_url: str
    ) -> None:
        async with listening(mine):
            await settled(mine)

        async with asyncio.timeout(A_WHILE.total_seconds()):
            while await hang_up_on_listeners(postgres_url):  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def test_reaches_a_server_that_is_named_as_for_libpq(
        self, postgres_cluster: Cluster
    ) -> None:
        bell = PostgresBell(postgres_cluster.socket_url + "&sslmode=disable")
        async with listening(bell):
            assert await rings(bell)


@pytest.fixture(scope="module")
def postgres_cluster() -> Iterator[Cluster]:
    try:
        with running_cluster() as cluster:
            yield cluster
    except NoPostgres:
        pytest.skip("no PostgreSQL")


async def hang_up_on_listeners(url: str) -> int:
    """End the connections that listen; returns how many there were."""
    connection = await asyncpg.connect(url)
    try:
        ended = await connection.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname ="
            " current_database() AND query LIKE 'LISTEN%' AND pid <> pg_backend_pid()"
        )
        return len(ended)
    finally:
        await connection.close()


@pytest.mark.redis
class TestRedisBell(_OnSqlite, ChangeBellContract):
    @pytest.fixture
    def mine(self, redis_server: RedisServer) -> ChangeBell:
        return RedisBell(redis_server.url)

    @pytest.fixture
    def theirs(self, redis_server: RedisServer) -> ChangeBell:
        return RedisBell(redis_server.url)

    @pytest.fixture
    def silent(self) -> ChangeBell:
        return RedisBell("unix:///nonexistent/socket")

    async def test_comes_back_when_the_server_does(
        self, mine: ChangeBell, theirs: ChangeBell, shared: Shared, redis_server: RedisServer
    ) -> None:
        async with listening(mine), listening(theirs):
            await settled(mine)
            redis_server.stop()
            redis_server.start()
            assert await rings(mine)  # it may have missed something
            await settled(mine)

            await self.changed(shared, theirs)

            assert await rings(mine)

    async def test_rings_later_what_rang_while_the_server_was_away(
        self, mine: ChangeBell, theirs: ChangeBell, redis_server: RedisServer
    ) -> None:
        async with listening(mine):
            theirs.ring()
            await settled(mine)
            async with listening(theirs):
                assert await rings(mine)


class TestNoRedis:
    async def test_se_05_is_a_failure_that_is_heard_of(self) -> None:
        """SE-05: who answers is something else, and not as any error of the client's expects."""
        async with _talker(b":no number\r\n") as url, asyncio.timeout(A_WHILE.total_seconds()):
            with pytest.raises(ValueError, match="invalid literal"):
                await RedisBell(url).listen()


@asynccontextmanager
async def _talker(answer: bytes) -> AsyncIterator[str]:
    """The address of somebody who says one thing only."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(4096):
            writer.write(answer * 4)
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        yield f"redis://{host}:{port}"
