"""Transactions on the database, for every flow that changes something."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.change_log import PendingChanges
from hexkey.adapters.sql.engine import autocommitting
from hexkey.adapters.sql.sessions import REPLACE, SqlSessions, replacement
from hexkey.adapters.sql.single_statement import number_changed_by
from hexkey.adapters.sql.unit_of_work import Work, unit_of_work
from hexkey.adapters.sql.users import SqlUsers
from hexkey.application.ports.accounts import AccountStore, AccountTransaction
from hexkey.application.ports.sessions import SessionStore, SessionTransaction
from hexkey.domain.sessions.session import Session


class SqlTransaction(AccountTransaction, SessionTransaction):
    """Users and sessions on one connection."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._changes = PendingChanges()
        self._users = SqlUsers(work, self._changes)
        self._sessions = SqlSessions(work, self._changes)

    @property
    def users(self) -> SqlUsers:
        return self._users

    @property
    def sessions(self) -> SqlSessions:
        return self._sessions

    async def commit(self) -> None:
        await self._changes.write(self._work)
        await self._work.commit()


class SqlStore(AccountStore, SessionStore):
    """Where accounts and sessions are kept: one store, so that they change together."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._autocommitting = autocommitting(engine, writing=True)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[SqlTransaction]:
        async with unit_of_work(self._engine) as work:
            yield SqlTransaction(work)

    async def replace(self, old: Session, new: Session) -> bool:
        values = replacement(old, new)
        return await number_changed_by(self._autocommitting, REPLACE, values) == 1
