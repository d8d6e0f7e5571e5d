"""Users and sessions in dicts: for tests, demos and a node that may forget everything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from hexkey.adapters.memory.committed import Committed
from hexkey.adapters.memory.sessions import MemorySessions, merge
from hexkey.adapters.memory.users import MemoryUsers
from hexkey.application.ports.accounts import AccountStore
from hexkey.application.ports.sessions import SessionStore, SessionTransaction
from hexkey.domain.identifiers import UserId
from hexkey.domain.sessions.session import Session


class MemoryTransaction(SessionTransaction):
    """Changes on top of what is committed."""

    def __init__(self, committed: Committed) -> None:
        self._committed = committed
        self._noted: dict[UserId, datetime] = {}
        self._users = MemoryUsers(committed, self._noted)
        self._sessions = MemorySessions(committed, self._noted)

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
        for noted, at in self._noted.items():
            self._committed.log(noted, at=at)
        self._users.changed.clear()
        self._sessions.changed.clear()
        self._noted.clear()


class MemoryStore(AccountStore, SessionStore):
    """One transaction at a time, so each is as if it were alone."""

    def __init__(self) -> None:
        self.committed = Committed()
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[MemoryTransaction]:
        async with self._turn:
            yield MemoryTransaction(self.committed)

    async def replace(self, old: Session, new: Session) -> bool:
        async with self.begin() as transaction:
            merged = merge(await transaction.sessions.find(old.id), old, new)
            if merged is not None:
                self.committed.put_session(merged)
        return merged is not None
