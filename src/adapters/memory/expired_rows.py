"""Forgetting what is old in dicts."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice

from hexkey.adapters.memory.failure_counters import MemoryFailureCounters
from hexkey.adapters.memory.signing_keys import MemorySigningKeyStore
from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.ports.maintenance import ExpiredRows
from hexkey.domain.outbox import Message, MessageState
from hexkey.domain.sessions.session import Session


class MemoryExpiredRows(ExpiredRows):
    """Nothing here waits, so no call can come in between."""

    def __init__(
        self, store: MemoryStore, failures: MemoryFailureCounters, keys: MemorySigningKeyStore
    ) -> None:
        self._kept = store.committed
        self._failures = failures
        self._keys = keys

    async def sessions(self, *, before: datetime, limit: int) -> int:
        old = (it for it in self._kept.sessions.values() if _over_at(it) < before)
        batch = list(islice(old, limit))
        for session in batch:
            self._kept.drop_session(session)
        return len(batch)

    async def failures(self, *, before: datetime, limit: int) -> int:
        return self._failures.forget(before=before, limit=limit)

    async def state_changes(self, *, before: datetime, limit: int) -> int:
        changes = self._kept.changes
        old = [it.sequence for it in changes if it.at < before][:limit]
        changes[:] = [it for it in changes if it.sequence not in old]
        return len(old)

    async def retired_keys(self, *, before: datetime, limit: int) -> int:
        return self._keys.forget_retired(before=before, limit=limit)

    async def one_time_tokens(self, *, before: datetime, limit: int) -> int:
        tokens = self._kept.tokens
        old = [key for key, it in tokens.items() if it.expires_at < before][:limit]
        for key in old:
            del tokens[key]
        return len(old)

    async def sent_messages(self, *, before: datetime, limit: int) -> int:
        sent = (it for it in self._messages() if it.state is MessageState.DONE)
        return self._drop([it for it in sent if it.due_at < before][:limit])

    async def unsent_messages(self, *, before: datetime, limit: int) -> int:
        unsent = (it for it in self._messages() if it.state is not MessageState.DONE)
        return self._drop([it for it in unsent if it.expires_at < before][:limit])

    def _messages(self) -> Iterable[Message]:
        return self._kept.messages.values()

    def _drop(self, messages: Sequence[Message]) -> int:
        self._kept.drop_messages(messages)
        return len(messages)


def _over_at(session: Session) -> datetime:
    return session.expires_at if session.ended_at is None else session.ended_at
