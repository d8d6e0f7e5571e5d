"""The outbox of the memory store, as an operator sees it."""

from collections.abc import Sequence
from datetime import datetime

from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.ports.outbox import OutboxArchive, OutboxState
from hexkey.domain.audit.event import AuditEvent
from hexkey.domain.identifiers import MessageId
from hexkey.domain.outbox import Message, MessageState


class MemoryOutboxArchive(OutboxArchive):
    """Reads what is committed in a `MemoryStore`."""

    def __init__(self, store: MemoryStore) -> None:
        self._kept = store.committed

    async def page(
        self, *, state: MessageState | None, after: MessageId | None, limit: int
    ) -> Sequence[Message]:
        found = [
            it
            for it in self._kept.messages.values()
            if state in (None, it.state) and (after is None or it.id < after)
        ]
        return sorted(found, key=lambda it: it.id, reverse=True)[:limit]

    async def find(self, id: MessageId) -> Message | None:
        return self._kept.messages.get(id)

    async def replace(
        self, old: Message, new: Message, *, audited: AuditEvent | None = None
    ) -> bool:
        present = self._kept.messages.get(old.id)
        if present is None or (present.state, present.attempts) != (old.state, old.attempts):
            return False
        self._kept.messages[old.id] = new
        self._kept.claims.pop(old.id, None)
        self._kept.note(audited)
        return True

    async def state(self, *, now: datetime) -> OutboxState:
        kept = self._kept.messages.values()
        queued = [it.due_at for it in kept if it.state is MessageState.QUEUED]
        return OutboxState(
            queued=len(queued),
            oldest_due=min((at for at in queued if at <= now), default=None),
            failed=sum(it.state is MessageState.FAILED for it in kept),
        )
