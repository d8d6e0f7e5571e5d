"""What `SignedInDirectory` promises, with the `StateChanges` beside it."""

from abc import ABC, abstractmethod
from datetime import timedelta

from hexkey.application.ports.sessions import (
    SessionStore,
    SignedIn,
    SignedInDirectory,
    StateChanges,
)
from hexkey.domain.access import ADMIN, Role
from hexkey.domain.accounts.user import User
from hexkey.domain.identifiers import SessionId, UserId
from tests.contracts.session_store import opened
from tests.support.builders import a_session, a_user, an_id
from tests.support.doubles import START, FrozenClock

LATER = START + timedelta(milliseconds=1)


class Unheard(StateChanges):
    """For directories that remember nothing."""

    def announce(self, user: UserId) -> None:
        pass


async def disabled(store: SessionStore, user: User) -> User:
    """Disable `user` and end all sessions, for good."""
    changed = user.disabled(now=LATER)
    async with store.begin() as transaction:
        await transaction.users.replace(user, changed)
        await transaction.sessions.end_all(user.id, keep=None, now=LATER)
        await transaction.commit()
    return changed


class SignedInDirectoryContract(ABC):
    """Subclass as `TestXxxSignedInDirectory` and provide the fixtures."""

    @abstractmethod
    def signed_in(self) -> SignedInDirectory: ...

    @abstractmethod
    def store(self) -> SessionStore:
        """Where the sessions of `signed_in` are kept."""

    @abstractmethod
    def changes(self) -> StateChanges:
        """What tells `signed_in` of changes."""

    @abstractmethod
    def clock(self) -> FrozenClock:
        """The clock `signed_in` goes by."""

    async def test_finds_a_session_with_its_user(
        self, signed_in: SignedInDirectory, store: SessionStore
    ) -> None:
        user = a_user(email="a@b.example", roles=frozenset((ADMIN, Role("editor"))))
        session, other = a_session(user=user), a_session(user=user)
        await opened(store, user, a_user(), sessions=[session, other])

        assert await signed_in.find(session.id) == SignedIn(session, user)
        assert await signed_in.find(session.id) == SignedIn(session, user)
        assert await signed_in.find(other.id) == SignedIn(other, user)

    async def test_finds_nobody_behind_an_unknown_session(
        self, signed_in: SignedInDirectory
    ) -> None:
        assert await signed_in.find(SessionId(an_id())) is None

    async def test_finds_a_session_as_soon_as_it_is_open(
        self, signed_in: SignedInDirectory, store: SessionStore
    ) -> None:
        user = a_user()
        session = a_session(user=user)
        assert await signed_in.find(session.id) is None

        await opened(store, user, sessions=[session])

        assert await signed_in.find(session.id) == SignedIn(session, user)

    async def test_sees_an_announced_change_at_once(
        self, signed_in: SignedInDirectory, store: SessionStore, changes: StateChanges
    ) -> None:
        user = a_user()
        session = a_session(user=user)
        await opened(store, user, sessions=[session])
        await signed_in.find(session.id)

        changed = await disabled(store, user)
        changes.announce(user.id)

        assert await signed_in.find(session.id) == SignedIn(session.ended(now=LATER), changed)

    async def test_sees_a_change_of_another_process_after_one_second(
        self, signed_in: SignedInDirectory, store: SessionStore, clock: FrozenClock
    ) -> None:
        user = a_user()
        session = a_session(user=user)
        await opened(store, user, sessions=[session])
        await signed_in.find(session.id)

        changed = await disabled(store, user)
        clock.advance(seconds=1)

        assert await signed_in.find(session.id) == SignedIn(session.ended(now=LATER), changed)
