"""Transactions on the database, for every flow that changes something."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.administration import SqlAdministration
from hexkey.adapters.sql.api_keys import SqlApiKeys
from hexkey.adapters.sql.audit_rows import row_from
from hexkey.adapters.sql.audit_trail import RECORD, SqlAuditTrail, audited_row
from hexkey.adapters.sql.change_log import PendingChanges
from hexkey.adapters.sql.engine import autocommitting
from hexkey.adapters.sql.one_time_tokens import SqlOneTimeTokens
from hexkey.adapters.sql.outbox import SqlOutbox
from hexkey.adapters.sql.roles import SqlRoles
from hexkey.adapters.sql.sessions import (
    REPLACE,
    SqlSessions,
    audited_replace,
    replacement,
)
from hexkey.adapters.sql.single_statement import number_changed_by
from hexkey.adapters.sql.unit_of_work import Work, unit_of_work
from hexkey.adapters.sql.users import SqlUsers
from hexkey.application.ports.access import AccessStore, AccessTransaction
from hexkey.application.ports.accounts import AccountStore
from hexkey.application.ports.outbox import Arrivals
from hexkey.application.ports.sessions import SessionStore
from hexkey.domain.audit.event import AuditEvent
from hexkey.domain.sessions.session import Session


class SqlTransaction(AccessTransaction):
    """Users, sessions, one-time tokens and the outbox on one connection."""

    def __init__(self, work: Work, arrivals: Arrivals | None = None) -> None:
        self._work = work
        self._arrivals = arrivals
        self._changes = PendingChanges()
        self._administration = SqlAdministration(work)
        self._users = SqlUsers(work, self._changes, self._administration)
        self._sessions = SqlSessions(work, self._changes)
        self._one_time_tokens = SqlOneTimeTokens(work)
        self._outbox = SqlOutbox(work)
        self._roles = SqlRoles(work)
        self._api_keys = SqlApiKeys(work)
        self._audit = SqlAuditTrail()

    @property
    def users(self) -> SqlUsers:
        return self._users

    @property
    def sessions(self) -> SqlSessions:
        return self._sessions

    @property
    def one_time_tokens(self) -> SqlOneTimeTokens:
        return self._one_time_tokens

    @property
    def outbox(self) -> SqlOutbox:
        return self._outbox

    @property
    def audit(self) -> SqlAuditTrail:
        return self._audit

    @property
    def roles(self) -> SqlRoles:
        return self._roles

    @property
    def administration(self) -> SqlAdministration:
        return self._administration

    @property
    def api_keys(self) -> SqlApiKeys:
        return self._api_keys

    async def commit(self) -> None:
        await self._audit.write(self._work)
        await self._changes.write(self._work)
        await self._work.commit()
        if self._arrivals is not None and self._outbox.is_filled:
            self._arrivals.note()


class SqlStore(AccountStore, SessionStore, AccessStore):
    """Where accounts and sessions are kept: one store, so that they change together.

    Args:
        arrivals: told after each commit that queued something.
    """

    def __init__(self, engine: AsyncEngine, arrivals: Arrivals | None = None) -> None:
        self._engine = engine
        self._arrivals = arrivals
        self._autocommitting = autocommitting(engine, writing=True)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[SqlTransaction]:
        async with unit_of_work(self._engine) as work:
            yield SqlTransaction(work, self._arrivals)

    async def replace(
        self, old: Session, new: Session, *, audited: AuditEvent | None = None
    ) -> bool:
        values = replacement(old, new)
        if audited is None:
            return await number_changed_by(self._autocommitting, REPLACE, values) == 1
        if self._engine.dialect.name == "postgresql":
            statement = audited_replace(frozenset(values))
            values |= audited_row(audited)
            return await number_changed_by(self._autocommitting, statement, values) == 1
        async with unit_of_work(self._engine) as work:  # nothing travels: it is the same process
            if (await work.execute(REPLACE, values)).rowcount != 1:
                return False
            await work.execute(RECORD, row_from(audited))
            await work.commit()
        return True
