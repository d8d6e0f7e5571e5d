"""Instances that refresh and end sessions, over one store; time is frozen, all else is real."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.crypto.refresh_tokens import KeyedRefreshTokens
from hexkey.adapters.crypto.system import SystemIds
from hexkey.adapters.memory.directories import MemorySignedInDirectory
from hexkey.adapters.memory.signed_in import RememberedSignedIn
from hexkey.adapters.memory.store import MemoryStore
from hexkey.adapters.sql.signed_in import SqlSignedInDirectory
from hexkey.adapters.sql.store import SqlStore
from hexkey.application.accounts.password_change import ReplacePassword
from hexkey.application.accounts.supervision import DisableUser, EnableUser
from hexkey.application.outbox.telling import Tell
from hexkey.application.ports.sessions import SignedInDirectory
from hexkey.application.sessions.ending import EndOtherSessions, EndSession
from hexkey.application.sessions.refreshing import RefreshSession
from hexkey.application.sessions.tokens import IssueTokens, TokenPolicy
from hexkey.domain.accounts.user import User
from hexkey.domain.identifiers import SessionId, UserId
from hexkey.domain.keys import SigningAlgorithm
from hexkey.domain.sessions.session import Session, SessionPolicy
from tests.support.builders import a_session, a_user
from tests.support.doubles import CountingIds, FrozenClock
from tests.support.issuing import AUDIENCE, ISSUER, an_issuing, derived_keys
from tests.support.refresh_model import ABSOLUTE, IDLE
from tests.support.supervising import granting, supervising


@dataclass(frozen=True)
class Shelf:
    """Where sessions are kept, for every instance."""

    store: MemoryStore | SqlStore
    directory: SignedInDirectory


def in_memory() -> Shelf:
    store = MemoryStore()
    return Shelf(store, MemorySignedInDirectory(store))


def in_database(engine: AsyncEngine) -> Shelf:
    return Shelf(SqlStore(engine), SqlSignedInDirectory(engine))


class Instance:
    """The use cases of one process."""

    def __init__(self, shelf: Shelf, clock: FrozenClock) -> None:
        self.shelf, self.clock, store = shelf, clock, shelf.store
        self.tokens = KeyedRefreshTokens(derived_keys())
        remembered = RememberedSignedIn(shelf.directory, clock=clock)
        tell = Tell(ids=SystemIds())
        self.refresh = RefreshSession(
            refresh_tokens=self.tokens,
            sessions=shelf.directory,
            store=store,
            grant=granting(store),
            issue=self._issue(),
            tell=tell,
            changes=remembered,
            clock=clock,
            policy=SessionPolicy(idle=IDLE, absolute=ABSOLUTE),
        )
        self.end = EndSession(store=store, tell=tell, changes=remembered, clock=clock)
        self.end_others = EndOtherSessions(store=store, tell=tell, changes=remembered, clock=clock)
        self.replace_password = ReplacePassword(
            store=store, tell=tell, changes=remembered, clock=clock
        )
        supervise = supervising(store=store, tell=tell, changes=remembered, clock=clock)
        self.disable = DisableUser(supervise=supervise)
        self.enable = EnableUser(supervise=supervise)

    def _issue(self) -> IssueTokens:
        return IssueTokens(
            signer=an_issuing(SigningAlgorithm.ES256).signer,
            refresh_tokens=self.tokens,
            ids=CountingIds(),
            policy=TokenPolicy(
                issuer=ISSUER,
                audience=AUDIENCE,
                client_id="hexkey",
                lifetime=timedelta(minutes=15),
                scopes=frozenset(),
            ),
        )

    async def present(self, session: SessionId, number: int) -> int:
        """Refresh with the token of that number; the number of the answer."""
        issued = await self.refresh(refresh_token=self.tokens.write(session, number))
        answered, successor = self.tokens.read(issued.refresh_token)
        assert (issued.session, answered) == (session, session)
        return successor

    async def register(self) -> User:
        user = a_user(now=self.clock.now())
        async with self.shelf.store.begin() as transaction:
            await transaction.users.add(user)
            await transaction.commit()
        return user

    async def stored_user(self, id: UserId) -> User:
        async with self.shelf.store.begin() as transaction:
            found = await transaction.users.find(id)
        assert found is not None
        return found

    async def open(self, user: User) -> Session:
        session = a_session(user=user, now=self.clock.now(), lifetime=ABSOLUTE, idle=IDLE)
        async with self.shelf.store.begin() as transaction:
            await transaction.sessions.add(session)
            await transaction.commit()
        return session

    async def stored(self, id: SessionId) -> Session:
        async with self.shelf.store.begin() as transaction:
            found = await transaction.sessions.find(id)
        assert found is not None
        return found


MakeShelf = Callable[[], Shelf]
