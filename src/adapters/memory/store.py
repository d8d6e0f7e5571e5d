"""Users and sessions in dicts: for tests, demos and a node that may forget everything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hexkey.adapters.memory.api_keys import MemoryApiKeys
from hexkey.adapters.memory.arrivals import InProcessArrivals
from hexkey.adapters.memory.audit_trail import MemoryAuditTrail
from hexkey.adapters.memory.committed import Committed
from hexkey.adapters.memory.one_time_tokens import MemoryOneTimeTokens
from hexkey.adapters.memory.outbox import MemoryOutbox
from hexkey.adapters.memory.pending import Pending
from hexkey.adapters.memory.roles import MemoryAdministration, MemoryRoles
from hexkey.adapters.memory.sessions import MemorySessions, merge
from hexkey.adapters.memory.users import MemoryUsers
from hexkey.application.ports.access import AccessStore, AccessTransaction
from hexkey.application.ports.accounts import AccountStore
from hexkey.application.ports.outbox import Arrivals
from hexkey.application.ports.sessions import SessionStore
from hexkey.domain.audit.event import AuditEvent
from hexkey.domain.sessions.session import Session


class MemoryTransaction(AccessTransaction):
    """Changes on top of what is committed."""

    def __init__(self, committed: Committed, arrivals: Arrivals | None = None) -> None:
        self._committed = committed
        self._arrivals = arrivals or InProcessArrivals()
        self._pending = Pending()
        self._users = MemoryUsers(committed, self._pending)
        self._sessions = MemorySessions(committed, self._pending)
        self._one_time_tokens = MemoryOneTimeTokens(committed, self._pending)
        self._outbox = MemoryOutbox(committed, self._pending)
        self._roles = MemoryRoles(committed, self._pending)
        self._administration = MemoryAdministration(committed, self._pending)
        self._api_keys = MemoryApiKeys(committed, self._pending)
        self._audit = MemoryAuditTrail(self._pending)

    @property
    def users(self) -> MemoryUsers:
        return self._users

    @property
    def sessions(self) -> MemorySessions:
        return self._sessions

    @property
    def one_time_tokens(self) -> MemoryOneTimeTokens:
        return self._one_time_tokens

    @property
    def outbox(self) -> MemoryOutbox:
        return self._outbox

    @property
    def audit(self) -> MemoryAuditTrail:
        return self._audit

    @property
    def roles(self) -> MemoryRoles:
        return self._roles

    @property
    def administration(self) -> MemoryAdministration:
        return self._administration

    @property
    def api_keys(self) -> MemoryApiKeys:
        return self._api_keys

    async def commit(self) -> None:
        queued = bool(self._pending.messages)
        self._pending.apply(self._committed)
        if queued:
            self._arrivals.note()


class MemoryStore(AccountStore, SessionStore, AccessStore):
    """One transaction at a time, so each is as if it were alone.

    Args:
        arrivals: told after each commit that queued something.
    """

    def __init__(self, arrivals: Arrivals | None = None) -> None:
        self.committed = Committed()
        self._arrivals = arrivals
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[MemoryTransaction]:
        async with self._turn:
            yield MemoryTransaction(self.committed, self._arrivals)

    async def replace(
        self, old: Session, new: Session, *, audited: AuditEvent | None = None
    ) -> bool:
        async with self.begin() as transaction:
            merged = merge(await transaction.sessions.find(old.id), old, new)
            if merged is not None:
                self.committed.put_session(merged)
                self.committed.note(audited)
        return merged is not None
