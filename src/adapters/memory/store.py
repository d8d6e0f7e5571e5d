"""Users and sessions in dicts: for tests, demos and a node that may forget everything."""

import asyncio
from bisect import bisect_right, insort
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from hexkey.application.ports.accounts import AccountStore, AccountTransaction, Users
from hexkey.application.ports.sessions import Sessions, SessionStore, SessionTransaction
from hexkey.domain.accounts.user import EmailTaken, User, UsernameTaken
from hexkey.domain.identifiers import SessionId, UserId
from hexkey.domain.sessions.session import Session


@dataclass(slots=True)
class Committed:
    """What is committed, with the look-ups that a database has as indexes."""

    users: dict[UserId, User] = field(default_factory=dict)
    ids: list[UserId] = field(default_factory=list)
    usernames: dict[str, UserId] = field(default_factory=dict)
    skeletons: dict[str, UserId] = field(default_factory=dict)
    emails: dict[str, UserId] = field(default_factory=dict)
    sessions: dict[SessionId, Session] = field(default_factory=dict)
    sessions_of: dict[UserId, set[SessionId]] = field(default_factory=dict)

    def user(self, id: UserId | None) -> User | None:
        """The user with this id, if there is one."""
        return None if id is None else self.users.get(id)

    def put_user(self, user: User) -> None:
        """Keep `user`, in place of what was kept under its id."""
        before = self.users.get(user.id)
        if before is None:
            insort(self.ids, user.id)
        else:
            for names, name in self._names(before):
                if names.get(name) == user.id:  # or somebody has taken it meanwhile
                    del names[name]
        for names, name in self._names(user):
            names[name] = user.id
        self.users[user.id] = user

    def put_session(self, session: Session) -> None:
        """Keep `session`, in place of what was kept under its id."""
        self.sessions[session.id] = session
        self.sessions_of.setdefault(session.user, set()).add(session.id)

    def ids_after(self, after: UserId | None, limit: int) -> list[UserId]:
        """The next ids in their order."""
        start = 0 if after is None else bisect_right(self.ids, after)
        return self.ids[start : start + limit]

    def _names(self, user: User) -> Iterator[tuple[dict[str, UserId], str]]:
        if user.username is not None:
            yield self.usernames, user.username.key
            yield self.skeletons, user.username.skeleton
        if user.email is not None:
            yield self.emails, user.email.key


class MemoryUsers(Users):
    """The users, as one transaction sees and changes them."""

    def __init__(self, committed: Committed) -> None:
        self._committed = committed
        self.changed: dict[UserId, User] = {}

    async def add(self, user: User) -> None:
        if await self.find(user.id) is not None:
            raise ValueError(f"there is a user {user.id} already")
        self._ensure_free(user)
        self.changed[user.id] = user

    async def find(self, id: UserId) -> User | None:
        return self.changed.get(id) or self._committed.users.get(id)

    async def replace(self, old: User, new: User) -> bool:
        current = await self.find(old.id)
        if current is None or current.version != old.version:
            return False
        self._ensure_free(new)
        self.changed[old.id] = new
        return True

    def _ensure_free(self, user: User) -> None:
        for other in self._others(user):
            if _same_username(user, other):
                raise UsernameTaken
            if user.email and other.email and user.email.key == other.email.key:
                raise EmailTaken

    def _others(self, user: User) -> Iterator[User]:
        """Whoever may have one of the names of `user`, as this transaction sees them."""
        yield from (other for other in self.changed.values() if other.id != user.id)
        kept = self._committed
        holders = set()
        if user.username is not None:
            holders |= {kept.usernames.get(user.username.key)}
            holders |= {kept.skeletons.get(user.username.skeleton)}
        if user.email is not None:
            holders |= {kept.emails.get(user.email.key)}
        for holder in holders - {None, user.id, *self.changed}:
            if (other := kept.user(holder)) is not None:
                yield other


def _same_username(one: User, other: User) -> bool:
    if one.username is None or other.username is None:
        return False
    return (
        one.username.key == other.username.key or one.username.skeleton == other.username.skeleton
    )


class MemorySessions(Sessions):
    """The sessions, as one transaction sees and changes them."""

    def __init__(self, committed: Committed) -> None:
        self._committed = committed
        self.changed: dict[SessionId, Session] = {}

    async def add(self, session: Session) -> None:
        if await self.find(session.id) is not None:
            raise ValueError(f"there is a session {session.id} already")
        self.changed[session.id] = session

    async def find(self, id: SessionId) -> Session | None:
        return self.changed.get(id) or self._committed.sessions.get(id)

    async def end_all(self, user: UserId, *, keep: SessionId | None, now: datetime) -> None:
        kept = self._committed
        for each in {*kept.sessions_of.get(user, ()), *self.changed} - {keep}:
            session = await self.find(each)
            if session is not None and session.user == user:
                self.changed[each] = session.ended(now=now)


class MemoryTransaction(AccountTransaction, SessionTransaction):
    """Changes on top of what is committed."""

    def __init__(self, committed: Committed) -> None:
        self._committed = committed
        self._users = MemoryUsers(committed)
        self._sessions = MemorySessions(committed)

    @property
    def users(self) -> MemoryUsers:
        return self._users

    @property
    def sessions(self) -> MemorySessions:
        return self._sessions

    async def commit(self) -> None:
        for user in self._users.changed.values():
            self._committed.put_user(user)
        for session in self._sessions.changed.values():
            self._committed.put_session(session)
        self._users.changed.clear()
        self._sessions.changed.clear()


class MemoryStore(AccountStore, SessionStore):
    """One transaction at a time, so each is as if it were alone."""

    def __init__(self) -> None:
        self.committed = Committed()
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[MemoryTransaction]:
        async with self._turn:
            yield MemoryTransaction(self.committed)
