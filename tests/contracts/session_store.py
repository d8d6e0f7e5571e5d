"""What `SessionStore`, its transaction and its `Sessions` promise."""

from abc import ABC, abstractmethod
from datetime import timedelta

from hexkey.application.ports.sessions import SessionStore
from hexkey.domain.accounts.user import User
from hexkey.domain.identifiers import SessionId
from hexkey.domain.sessions.session import Session
from tests.support.builders import ARGON2_HASH, a_session, a_user, an_id
from tests.support.doubles import START

LATER = START + timedelta(minutes=1)


async def opened(store: SessionStore, *users: User, sessions: list[Session]) -> None:
    """Keep users and their sessions, for good."""
    async with store.begin() as transaction:
        for user in users:
            await transaction.users.add(user)
        for session in sessions:
            await transaction.sessions.add(session)
        await transaction.commit()


async def kept(store: SessionStore, session: Session) -> Session | None:
    """What a new transaction finds."""
    async with store.begin() as transaction:
        return await transaction.sessions.find(session.id)


class SessionStoreContract(ABC):
    """Subclass as `TestXxxSessionStore` and provide the `store` fixture."""

    @abstractmethod
    def store(self) -> SessionStore: ...

    async def test_gives_back_exactly_what_was_added(self, store: SessionStore) -> None:
        user = a_user()
        live, ended = a_session(user=user), a_session(user=user, ended_at=LATER)
        await opened(store, user, sessions=[live, ended])

        assert await kept(store, live) == live
        assert await kept(store, ended) == ended

    async def test_finds_nothing_under_an_unknown_id(self, store: SessionStore) -> None:
        async with store.begin() as transaction:
            assert await transaction.sessions.find(SessionId(an_id())) is None

    async def test_forgets_what_was_not_committed(self, store: SessionStore) -> None:
        user = a_user()
        before, never = a_session(user=user), a_session(user=user)
        await opened(store, user, sessions=[before])
        async with store.begin() as transaction:
            await transaction.sessions.add(never)
            await transaction.sessions.end_all(user.id, keep=None, now=LATER)

        assert await kept(store, never) is None
        assert await kept(store, before) == before

    async def test_ends_all_sessions_of_one_user(self, store: SessionStore) -> None:
        ann, bob = a_user(), a_user()
        first, second, foreign = a_session(user=ann), a_session(user=ann), a_session(user=bob)
        await opened(store, ann, bob, sessions=[first, second, foreign])

        async with store.begin() as transaction:
            await transaction.sessions.end_all(ann.id, keep=None, now=LATER)
            await transaction.commit()

        assert await kept(store, first) == first.ended(now=LATER)
        assert await kept(store, second) == second.ended(now=LATER)
        assert await kept(store, foreign) == foreign

    async def test_keeps_the_one_it_is_told_to_keep(self, store: SessionStore) -> None:
        user = a_user()
        current, other = a_session(user=user), a_session(user=user)
        await opened(store, user, sessions=[current, other])

        async with store.begin() as transaction:
            await transaction.sessions.end_all(user.id, keep=current.id, now=LATER)
            await transaction.commit()

        assert await kept(store, current) == current
        assert await kept(store, other) == other.ended(now=LATER)

    async def test_leaves_the_end_of_a_session_that_is_over(self, store: SessionStore) -> None:
        user = a_user()
        over = a_session(user=user, ended_at=START)
        await opened(store, user, sessions=[over])

        async with store.begin() as transaction:
            await transaction.sessions.end_all(user.id, keep=None, now=LATER)
            await transaction.commit()

        assert await kept(store, over) == over

    async def test_ends_a_session_that_the_same_transaction_added(
        self, store: SessionStore
    ) -> None:
        user = a_user()
        session = a_session(user=user)
        async with store.begin() as transaction:
            await transaction.users.add(user)
            await transaction.sessions.add(session)
            await transaction.sessions.end_all(user.id, keep=None, now=LATER)
            await transaction.commit()

        assert await kept(store, session) == session.ended(now=LATER)

    async def test_changes_users_and_sessions_together_or_not_at_all(
        self, store: SessionStore
    ) -> None:
        user = a_user()
        session = a_session(user=user)
        await opened(store, user, sessions=[session])
        changed = user.with_password(ARGON2_HASH, now=LATER)
        for commit in (False, True):
            async with store.begin() as transaction:
                await transaction.users.replace(user, changed)
                await transaction.sessions.end_all(user.id, keep=None, now=LATER)
                if commit:
                    await transaction.commit()

            async with store.begin() as transaction:
                found = await transaction.users.find(user.id)
                still = await transaction.sessions.find(session.id)
            assert found == (changed if commit else user)
            assert still == (session.ended(now=LATER) if commit else session)
