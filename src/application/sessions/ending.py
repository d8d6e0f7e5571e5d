"""Seeing one's sessions, and ending them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from hexkey.application.accounts.changing import end_sessions
from hexkey.application.outbox.telling import Tell
from hexkey.application.ports.devices import DeviceNames
from hexkey.application.ports.sessions import SessionStore, StateChanges
from hexkey.application.ports.system import Clock
from hexkey.domain.identifiers import SessionId, UserId, parse_session_id
from hexkey.domain.sessions.session import Session, SessionNotFound


@dataclass(frozen=True, slots=True)
class ListedSession:
    """A session, and what its owner knows the device by."""

    session: Session
    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSessions:
    """Find out where somebody is signed in."""

    store: SessionStore
    devices: DeviceNames
    clock: Clock

    async def __call__(self, *, user: UserId) -> Sequence[ListedSession]:
        """Return the live sessions, the latest first."""
        now = self.clock.now()
        async with self.store.begin() as transaction:
            sessions = await transaction.sessions.of_user(user)
        live = [session for session in sessions if session.is_live(now=now)]
        # Naming takes milliseconds, and the first time a second: not on the event loop.
        return await asyncio.to_thread(self._named, live)

    def _named(self, sessions: Sequence[Session]) -> Sequence[ListedSession]:
        return [ListedSession(it, self.devices.name(it.client.user_agent)) for it in sessions]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSession:
    """Sign out one session of a user."""

    store: SessionStore
    tell: Tell
    changes: StateChanges
    clock: Clock

    async def __call__(self, *, user: UserId, session: str) -> None:
        """Its tokens are refused from now on; doing it twice changes nothing.

        Raises:
            SessionNotFound: if the user has no such session; another's looks the same.
        """
        session_id = parse_session_id(session)
        now = self.clock.now()
        async with self.store.begin() as transaction:
            found = await transaction.sessions.find(session_id) if session_id else None
            if found is None or found.user != user:
                raise SessionNotFound
            if await transaction.sessions.end(found.id, now=now):
                await self.tell.ended(transaction, user, [found.id], at=now)
            await transaction.commit()
        self.changes.announce(user)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndOtherSessions:
    """Sign out everywhere, or everywhere else."""

    store: SessionStore
    tell: Tell
    changes: StateChanges
    clock: Clock

    async def __call__(self, *, user: UserId, keep: SessionId | None = None) -> None:
        """Every session of the user but `keep` ends."""
        now = self.clock.now()
        async with self.store.begin() as transaction:
            await end_sessions(transaction, self.tell, user, keep=keep, now=now)
            await transaction.commit()
        self.changes.announce(user)
