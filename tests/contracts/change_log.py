"""What `ChangeLog` promises, and what of the store is written into it."""

import asyncio
from abc import ABC, abstractmethod
from datetime import timedelta

from hexkey.application.ports.changes import CHANGES_AT_A_TIME, ChangeLog
from hexkey.application.ports.sessions import SessionStore, SessionTransaction
from hexkey.domain.access import ADMIN
from hexkey.domain.accounts.profile import Profile
from hexkey.domain.accounts.user import User
from hexkey.domain.identifiers import UserId
from hexkey.domain.sessions.session import Session
from tests.contracts.session_store import LATER, POLICY, opened, refreshed
from tests.support.builders import ARGON2_HASH, a_session, a_user

DEEDS = [
    "disable", "grant", "profile", "password", "end", "end_all", "end_beyond", "reauthenticate",
]  # fmt: skip


async def do(deed: str, transaction: SessionTransaction, user: User, session: Session) -> None:
    """One of the changes that others must hear of."""
    users, sessions = transaction.users, transaction.sessions
    match deed:
        case "disable":
            await users.replace(user, user.disabled(now=LATER))
        case "grant":
            await users.replace(user, user.granted(ADMIN, now=LATER))
        case "profile":
            profile = Profile(full_name="Ann")
            changed = user.with_profile(username=user.username, profile=profile, now=LATER)
            await users.replace(user, changed)
        case "password":
            await users.replace(user, user.with_password(ARGON2_HASH, now=LATER))
        case "end":
            await sessions.end(session.id, now=LATER)
        case "end_all":
            await sessions.end_all(user.id, keep=None, now=LATER)
        case "end_beyond":
            await sessions.end_beyond(0, user.id, keep=None, now=LATER)
        case _:
            await sessions.replace(session, session.reauthenticated(now=LATER))


class ChangeLogContract(ABC):
    """Subclass as `TestXxxChangeLog` and provide the fixtures."""

    @abstractmethod
    def log(self) -> ChangeLog: ...

    @abstractmethod
    def store(self) -> SessionStore:
        """What writes into `log`."""

    async def since(self, log: ChangeLog, sequence: int) -> list[UserId]:
        return [change.user for change in await log.after(sequence)]

    async def test_holds_every_change_that_matters_to_others(
        self, log: ChangeLog, store: SessionStore
    ) -> None:
        """SE-03, SE-05: whatever takes something from somebody is told."""
        for deed in DEEDS:
            user = a_user()
            session = a_session(user=user)
            await opened(store, user, sessions=[session])
            before = await log.latest()
            async with store.begin() as transaction:
                await do(deed, transaction, user, session)
                await transaction.commit()

            (change,) = await log.after(before)
            assert (change.user, change.at) == (user.id, LATER), deed
            assert change.sequence == await log.latest() > before

    async def test_holds_nothing_that_does_not_matter(
        self, log: ChangeLog, store: SessionStore
    ) -> None:
        """Signing in, refreshing, being seen, and a new hash of the same password."""
        user = a_user()
        session = a_session(user=user)
        before = await log.latest()
        await opened(store, user, sessions=[session])
        await store.replace(session, session.seen(policy=POLICY, now=LATER))
        await store.replace(session, refreshed(session, now=LATER))
        async with store.begin() as transaction:
            await transaction.users.replace(user, user.with_rehashed_password(ARGON2_HASH))
            await transaction.sessions.end_beyond(100, user.id, keep=None, now=LATER)
            await transaction.sessions.end_all(user.id, keep=session.id, now=LATER)
            await transaction.commit()

        assert await self.since(log, before) == []

    async def test_holds_nothing_that_was_not_committed_or_did_not_happen(
        self, log: ChangeLog, store: SessionStore
    ) -> None:
        user = a_user()
        session = a_session(user=user, ended_at=LATER)
        await opened(store, user, sessions=[session])
        before = await log.latest()
        async with store.begin() as transaction:
            await transaction.users.replace(user, user.disabled(now=LATER))
        stale = user.granted(ADMIN, now=LATER).disabled(now=LATER)
        async with store.begin() as transaction:
            assert not await transaction.users.replace(stale, stale.enabled(now=LATER))
            await transaction.sessions.end(session.id, now=LATER)
            await transaction.sessions.end_all(user.id, keep=None, now=LATER)
            await transaction.commit()

        assert await self.since(log, before) == []

    async def test_names_a_user_once_for_each_transaction(
        self, log: ChangeLog, store: SessionStore
    ) -> None:
        user = a_user()
        session = a_session(user=user)
        await opened(store, user, sessions=[session])
        before = await log.latest()
        async with store.begin() as transaction:
            await transaction.users.replace(user, user.disabled(now=LATER))
            await transaction.sessions.end_all(user.id, keep=None, now=LATER)
            await transaction.commit()

        assert await self.since(log, before) == [user.id]

    async def test_is_read_in_order_and_in_parts(self, log: ChangeLog, store: SessionStore) -> None:
        users = [a_user() for _ in range(CHANGES_AT_A_TIME + 2)]
        await opened(store, *users, sessions=[])
        before = await log.latest()
        async with store.begin() as transaction:
            for user in users:
                await transaction.users.replace(user, user.disabled(now=LATER))
            await transaction.commit()

        first = await log.after(before)
        second = await log.after(first[-1].sequence)

        assert (len(first), len(second)) == (CHANGES_AT_A_TIME, 2)
        numbers = [change.sequence for change in (*first, *second)]
        assert numbers == sorted(numbers)
        assert {change.user for change in (*first, *second)} == {user.id for user in users}

    async def test_loses_nothing_when_many_write_at_once(
        self, log: ChangeLog, store: SessionStore
    ) -> None:
        users = [a_user() for _ in range(20)]
        await opened(store, *users, sessions=[])
        before = await log.latest()

        async def disable(user: User) -> None:
            async with store.begin() as transaction:
                await transaction.users.replace(user, user.disabled(now=LATER))
                await transaction.commit()

        await asyncio.gather(*map(disable, users))

        assert sorted(await self.since(log, before)) == sorted(user.id for user in users)

    async def test_tells_how_long_it_takes_to_settle(self, log: ChangeLog) -> None:
        assert timedelta(0) <= log.settling <= timedelta(seconds=30)
