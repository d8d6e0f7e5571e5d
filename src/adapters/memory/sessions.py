"""The sessions, inside a transaction on dicts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from hexkey.adapters.memory.committed import Committed
from hexkey.adapters.memory.pending import Pending
from hexkey.application.ports.sessions import Sessions
from hexkey.domain.identifiers import SessionId, UserId
from hexkey.domain.sessions.session import Session


class MemorySessions(Sessions):
    """The sessions, as one transaction sees and changes them."""

    def __init__(self, committed: Committed, pending: Pending) -> None:
        self._committed = committed
        self._pending = pending

    async def add(self, session: Session) -> None:
        if await self.find(session.id) is not None:
            raise ValueError(f"there is a session {session.id} already")
        self._pending.sessions[session.id] = session

    def put(self, session: Session) -> None:
        """Keep `session` as it is, and tell nobody."""
        self._pending.sessions[session.id] = session

    async def find(self, id: SessionId) -> Session | None:
        found = self._pending.sessions.get(id) or self._committed.sessions.get(id)
        return None if found is None or found.user in self._pending.erased else found

    async def of_user(
        self, user: UserId, *, also_ended: bool = False, limit: int | None = None
    ) -> Sequence[Session]:
        found = [await self.find(each) for each in self._ids_of(user)]
        theirs = [it for it in found if it is not None and it.user == user]
        asked = [it for it in theirs if also_ended or it.ended_at is None]
        return sorted(asked, key=lambda it: (it.created_at, it.id), reverse=True)[:limit]

    async def replace(self, old: Session, new: Session) -> bool:
        merged = merge(await self.find(old.id), old, new)
        if merged is None:
            return False
        self._pending.sessions[old.id] = merged
        if new.authenticated_at != old.authenticated_at:
            self._pending.noted[new.user] = new.authenticated_at
        return True

    async def end(self, id: SessionId, *, now: datetime) -> bool:
        session = await self.find(id)
        return session is not None and bool(self._end([session], now))

    async def end_beyond(
        self, most: int, user: UserId, *, keep: SessionId | None, now: datetime
    ) -> Sequence[SessionId]:
        others = [it for it in await self.of_user(user) if it.id != keep]
        return self._end(others[most - (keep is not None) :], now)

    async def end_all(
        self, user: UserId, *, keep: SessionId | None, now: datetime
    ) -> Sequence[SessionId]:
        return self._end([it for it in await self.of_user(user) if it.id != keep], now)

    def _end(self, sessions: Sequence[Session], now: datetime) -> Sequence[SessionId]:
        ended = [session for session in sessions if session.ended_at is None]
        for session in ended:
            self._pending.sessions[session.id] = session.ended(now=now)
            self._pending.noted[session.user] = now
        return [session.id for session in ended]

    def _ids_of(self, user: UserId) -> set[SessionId]:
        return {*self._committed.sessions_of.get(user, ()), *self._pending.sessions}


def merge(stored: Session | None, old: Session, new: Session) -> Session | None:
    """`stored` with what `new` has otherwise than `old`; `None` if it may not be touched."""
    if stored is None or stored.ended_at is not None or stored.refresh.live != old.refresh.live:
        return None
    changeable = ("authenticated_at", "last_seen_at", "idle_until", "refresh")
    changes = {it: getattr(new, it) for it in changeable if getattr(new, it) != getattr(old, it)}
    return replace(stored, **changes)
