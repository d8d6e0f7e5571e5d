"""RA-08: whatever the isolation, contention gives success or "try again", and loses nothing."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.engine import POOL_SIZE, Isolation, make_engine
from hexkey.adapters.sql.failure_counters import SqlFailureCounters
from hexkey.adapters.sql.readiness import ping
from hexkey.adapters.sql.signed_in import SqlSignedInDirectory
from hexkey.adapters.sql.signing_keys import SqlSigningKeyStore
from hexkey.adapters.sql.store import SqlStore
from hexkey.adapters.sql.user_directory import SqlUserDirectory
from hexkey.domain.access import Role
from hexkey.domain.accounts.user import UsernameTaken
from hexkey.domain.errors import TemporarilyUnavailable
from tests.contracts.account_store import added
from tests.support.builders import a_charge, a_session, a_signing_key, a_user
from tests.support.doubles import START

pytestmark = pytest.mark.anyio

LATER = START + timedelta(milliseconds=1)
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
    async def test_ra_08_loses_no_update(self, contended: AsyncEngine) -> None:
        store, user = SqlStore(contended), a_user()
        await added(store, user)

        async def grant(role: Role) -> bool:
            try:
                async with store.begin() as transaction:
                    current = await transaction.users.find(user.id)
                    assert current is not None
                    changed = current.granted(role, now=LATER)
                    assert await transaction.users.replace(current, changed)
                    await transaction.commit()
            except TemporarilyUnavailable:
                return False
            return True

        roles = [Role(f"role-{number}") for number in range(24)]
        done = await asyncio.gather(*map(grant, roles))

        found = await SqlUserDirectory(contended).find(user.id)
        assert found is not None
        assert found.roles == {role for role, success in zip(roles, done, strict=True) if success}
        assert found.version == 1 + done.count(True)
        assert any(done)

    async def test_ra_01_leaves_one_account(self, contended: AsyncEngine) -> None:
        users = [a_user(username=f"{'Mm'[n % 2]}allory") for n in range(50)]
        outcomes = await asyncio.gather(
            *(added(SqlStore(contended), user) for user in users), return_exceptions=True
        )

        assert outcomes.count(None) == 1
        assert {type(outcome) for outcome in outcomes if outcome} <= {
            UsernameTaken,
            TemporarilyUnavailable,
        }
        page = await SqlUserDirectory(contended).page(after=None, limit=100)
        assert len(page.users) == 1

    async def test_ra_07_leaves_one_signing_key(self, contended: AsyncEngine) -> None:
        keys = SqlSigningKeyStore(contended)
        outcomes = await asyncio.gather(
            *(keys.add(a_signing_key()) for _ in range(12)),
            return_exceptions=True,
        )

        assert outcomes.count(True) == 1
        others = [outcome for outcome in outcomes if outcome not in (True, False)]
        assert {type(outcome) for outcome in others} <= {TemporarilyUnavailable}
        assert len(await keys.all()) == 1

    async def test_loses_no_failure(self, contended: AsyncEngine) -> None:
        failures = SqlFailureCounters(contended)
        await asyncio.gather(
            *(failures.charge([a_charge(free=1000)], now=START) for _ in range(40))
        )

        counted = await failures.find("ann")
        assert counted is not None
        assert counted.count == 40

    async def test_a_cancelled_unit_of_work_leaves_nothing_open(
        self, contended: AsyncEngine
    ) -> None:
        """A client that hangs up in the middle holds no lock and no connection."""
        store, user = SqlStore(contended), a_user()
        await added(store, user)

        async def linger() -> None:
            async with store.begin() as transaction:
                await transaction.users.find(user.id)
                await asyncio.Event().wait()

        async with asyncio.timeout(4):  # a lock that is left holds the next one up for 5
            for number in range(24):  # more often than there are connections
                await ping(contended)  # so that a connection is there: making one is not the point
                task = asyncio.create_task(linger())
                await asyncio.sleep(0.001 * number)  # in every state, sooner or later
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

        async with asyncio.timeout(4), store.begin() as transaction:
            assert await transaction.users.replace(user, user.disabled(now=LATER))
            await transaction.commit()

    async def test_a_cancelled_single_statement_leaves_nothing_open(
        self, contended: AsyncEngine
    ) -> None:
        """Nor does one that needs no unit of work, wherever it is interrupted."""
        store, user = SqlStore(contended), a_user()
        await added(store, user)
        old = a_session(user=user)
        new = old.reauthenticated(now=LATER)
        async with store.begin() as transaction:
            await transaction.sessions.add(old)
            await transaction.commit()

        async def ask_and_change() -> bool:
            assert await SqlSignedInDirectory(contended).find(old.id) is not None
            return await store.replace(old, new)

        for number in range(40):
            await ping(contended)
            task = asyncio.create_task(ask_and_change())
            await asyncio.sleep(0.0001 * number)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        async with asyncio.timeout(4):
            assert all(await asyncio.gather(*(ask_and_change() for _ in range(2 * POOL_SIZE))))
