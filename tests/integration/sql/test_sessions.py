"""Sessions on the databases: durable, bounded, and never revived, whatever the isolation."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.api_keys import SqlApiKeyDirectory
from hexkey.adapters.sql.engine import Isolation, make_engine
from hexkey.adapters.sql.expired_rows import SqlExpiredRows
from hexkey.adapters.sql.leases import SqlLeases
from hexkey.adapters.sql.store import SqlStore
from hexkey.adapters.sql.tables import metadata, sessions
from hexkey.application.maintenance import PruneExpired, RetentionPolicy
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.sessions.refresh_token import Repeat, Reuse, Rotate
from hexkey.domain.sessions.session import Session
from tests.contracts.session_store import kept, opened, refreshed
from tests.support.builders import a_session, a_user
from tests.support.doubles import START, CountingIds, FrozenClock

pytestmark = pytest.mark.anyio

LATER = START + timedelta(minutes=1)
CONFIGURATIONS: list[object] = ["SQLite"] + [
    pytest.param(isolation, marks=pytest.mark.postgres)
    for isolation in ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")
]


@pytest.fixture(params=CONFIGURATIONS)
async def contended(request: pytest.FixtureRequest) -> AsyncIterator[AsyncEngine]:
    """SQLite with `BEGIN IMMEDIATE`, and PostgreSQL at every isolation level."""
    if request.param == "SQLite":
        engine = make_engine(f"sqlite:///{request.getfixturevalue('sqlite_path')}")
    else:
        isolation: Isolation = request.param
        engine = make_engine(request.getfixturevalue("postgres_url"), isolation=isolation)
    yield engine
    await engine.dispose()


class TestContention:
    async def test_tk_03_ra_08_of_fifty_refreshes_one_wins(self, contended: AsyncEngine) -> None:
        """TK-03, RA-02: in a transaction or without, the chain cannot fork."""
        store, user = SqlStore(contended), a_user()
        session = a_session(user=user)
        await opened(store, user, sessions=[session])

        async def refresh(number: int) -> bool:
            new = refreshed(session, now=LATER + timedelta(milliseconds=number))
            if number % 2:
                return await store.replace(session, new)
            async with store.begin() as transaction:
                replaced = await transaction.sessions.replace(session, new)
                await transaction.commit()
            return replaced

        outcomes = await asyncio.gather(*map(refresh, range(50)), return_exceptions=True)

        assert outcomes.count(True) == 1
        assert {type(it) for it in outcomes if it not in (True, False)} <= {TemporarilyUnavailable}
        found = await kept(store, session)
        assert found is not None
        assert found.refresh.live == 2

    async def test_se_11_of_many_sign_ins_at_once_the_limit_holds(
        self, contended: AsyncEngine, request: pytest.FixtureRequest
    ) -> None:
        """SE-11: under REPEATABLE READ, which no deployment has, the next sign-in mends it."""
        store, user = SqlStore(contended), a_user()
        await opened(store, user, sessions=[])

        async def sign_in(number: int) -> bool:
            try:
                async with store.begin() as transaction:
                    await transaction.users.find(user.id)
                    now = LATER + timedelta(milliseconds=number)
                    await transaction.sessions.add(a_session(user=user, now=now))
                    await transaction.sessions.end_beyond(5, user.id, keep=None, now=LATER)
                    await transaction.commit()
            except TemporarilyUnavailable:
                return False
            return True

        done = await asyncio.gather(*map(sign_in, range(20)))
        if request.node.callspec.params["contended"] == "REPEATABLE READ":
            done.append(await sign_in(20))

        async with store.begin() as transaction:
            assert len(await transaction.sessions.of_user(user.id)) == min(5, done.count(True))

    async def test_ra_05_disabling_and_refreshing_at_once_leaves_no_live_session(
        self, contended: AsyncEngine
    ) -> None:
        store, user = SqlStore(contended), a_user()
        open_sessions = [a_session(user=user) for _ in range(10)]
        await opened(store, user, sessions=open_sessions)

        async def disable() -> bool:
            async with store.begin() as transaction:
                current = await transaction.users.find(user.id)
                assert current is not None
                await transaction.users.replace(current, current.disabled(now=LATER))
                await transaction.sessions.end_all(user.id, keep=None, now=LATER)
                await transaction.commit()
            return True

        async def refresh(session: Session) -> bool:
            return await store.replace(session, refreshed(session, now=LATER))

        outcomes = await asyncio.gather(
            *map(refresh, open_sessions[:5]),
            disable(),
            *map(refresh, open_sessions[5:]),
            return_exceptions=True,
        )
        if outcomes[5] is not True:  # gave way to a refresh: nothing was changed, so it is retried
            assert isinstance(outcomes[5], TemporarilyUnavailable)
            await disable()

        async with store.begin() as transaction:
            assert list(await transaction.sessions.of_user(user.id)) == []


class TestAfterARestart:
    async def test_tk_05_a_spent_token_stays_spent(self, database_url: str) -> None:
        """TK-05: also when the clock of the new process is behind."""
        user = a_user()
        session = a_session(user=user)
        first, second = make_engine(database_url), make_engine(database_url)
        await opened(SqlStore(first), user, sessions=[session])
        once = refreshed(session, now=LATER)
        await SqlStore(first).replace(session, once)
        await SqlStore(first).replace(once, refreshed(once, now=LATER))
        await first.dispose()

        found = await kept(SqlStore(second), session)
        await second.dispose()

        assert found is not None
        assert isinstance(found.refresh.judge(1, now=LATER), Repeat)
        assert not isinstance(found.refresh.judge(1, now=LATER - timedelta(hours=1)), Rotate)
        assert isinstance(found.refresh.judge(1, now=LATER + timedelta(seconds=10)), Reuse)


class TestStorage:
    async def test_tk_09_is_bounded_whatever_happened(self, engine: AsyncEngine) -> None:
        """TK-09: after many sign-ins and refreshes, what is left is what is live."""
        store, clock, user = SqlStore(engine), FrozenClock(), a_user()
        await opened(store, user, sessions=[])
        prune = PruneExpired(
            expired=SqlExpiredRows(engine),
            keys=SqlApiKeyDirectory(engine),
            leases=SqlLeases(engine),
            ids=CountingIds(),
            clock=clock,
            policy=RetentionPolicy(sessions=timedelta(days=1)),
        )
        most_rows = 0
        for _ in range(12):
            for _ in range(8):
                session = a_session(user=user, now=clock.now(), lifetime=timedelta(days=30))
                async with store.begin() as transaction:
                    await transaction.sessions.add(session)
                    await transaction.sessions.end_beyond(10, user.id, keep=None, now=clock.now())
                    await transaction.commit()
                for _ in range(5):
                    clock.advance(milliseconds=10)
                    new = refreshed(session, now=clock.now())
                    assert await store.replace(session, new)
                    session = new
            clock.advance(hours=12)
            assert await prune() is not None
            most_rows = max(most_rows, await rows(engine))

        assert most_rows < 60  # of 96 sign-ins and 480 refreshes; users, roles, the log and all

        clock.advance(days=32)
        await prune()
        assert await rows(engine) == 1  # the user

    async def test_tk_09_a_session_does_not_grow_with_its_refreshes(
        self, engine: AsyncEngine
    ) -> None:
        store, user = SqlStore(engine), a_user()
        session = a_session(user=user)
        await opened(store, user, sessions=[session])
        for number in range(100):
            new = refreshed(session, now=LATER + timedelta(seconds=number))
            assert await store.replace(session, new)
            session = new

        async with engine.connect() as connection:
            longest = await connection.scalar(
                select(func.max(func.length(sessions.c.refresh_spent)))
            )
        assert longest is not None
        assert longest <= 16 * 14


async def rows(engine: AsyncEngine) -> int:
    """How many there are in all tables."""
    async with engine.connect() as connection:
        counts = [
            await connection.scalar(select(func.count()).select_from(table))
            for table in metadata.sorted_tables
        ]
    return sum(count or 0 for count in counts)
