"""What is said to PostgreSQL's driver itself fails, and recovers, like what SQLAlchemy says."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.driver_statement import fetched
from hexkey.adapters.sql.engine import make_engine
from hexkey.domain.errors import TemporarilyUnavailable
from tests.support.postgres import Cluster, NoPostgres, running_cluster

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]

FOREVER = "SELECT pg_sleep(20)"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A server of our own, whose connections may be cut."""
    try:
        with running_cluster() as cluster:
            yield cluster
    except NoPostgres:
        pytest.skip("needs the binaries of a PostgreSQL server")


@pytest.fixture
async def narrow(cluster: Cluster) -> AsyncIterator[AsyncEngine]:
    """With one connection only, so that one that is lost or kept is missed."""
    engine = make_engine(f"{cluster.url}?statement_timeout=500", pool_size=1)
    yield engine
    await engine.dispose()


async def answers(engine: AsyncEngine) -> bool:
    """Whether the one connection is there, and in no transaction."""
    rows = await fetched(engine, "SELECT $1::int + 1", 1)
    return [tuple(row) for row in rows] == [(2,)]


class TestFetched:
    async def test_is_a_transaction_of_its_own(self, narrow: AsyncEngine) -> None:
        ids = {(await fetched(narrow, "SELECT txid_current()"))[0][0] for _ in range(3)}

        assert len(ids) == 3

    async def test_is_ended_when_it_takes_too_long(self, narrow: AsyncEngine) -> None:
        async with asyncio.timeout(5):
            with pytest.raises(TemporarilyUnavailable):
                await fetched(narrow, FOREVER)

        assert await answers(narrow)

    async def test_leaves_no_connection_behind_when_it_is_canceled(
        self, narrow: AsyncEngine
    ) -> None:
        for _ in range(3):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await fetched(narrow, FOREVER)

            assert await answers(narrow)

    async def test_waits_for_nobody_who_cut_its_connection(
        self, narrow: AsyncEngine, cluster: Cluster
    ) -> None:
        (own,) = (await fetched(narrow, "SELECT pg_backend_pid()"))[0]
        other = make_engine(cluster.url)
        waiting = asyncio.create_task(fetched(narrow, FOREVER))
        await asyncio.sleep(0.05)
        async with other.connect() as connection:
            await connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": own})
        with pytest.raises(TemporarilyUnavailable):
            await waiting
        await other.dispose()

        assert await answers(narrow)

    async def test_does_not_call_a_mistake_of_ours_temporary(self, narrow: AsyncEngine) -> None:
        with pytest.raises(Exception, match="nonsense") as info:
            await fetched(narrow, "SELECT nonsense")

        assert not isinstance(info.value, TemporarilyUnavailable)
        assert await answers(narrow)
