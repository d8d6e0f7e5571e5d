"""The events in dicts, as an operator searches them."""

from collections.abc import Sequence

from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.ports.audit import AuditArchive, AuditQuery
from hexkey.domain.audit.event import AuditEvent
from hexkey.domain.identifiers import AuditEventId

_EQUAL = ("type", "actor", "subject", "outcome", "request_id")


class MemoryAuditArchive(AuditArchive):
    """Looks at what a `MemoryStore` has committed."""

    def __init__(self, store: MemoryStore) -> None:
        self._committed = store.committed

    async def page(
        self, query: AuditQuery, *, after: AuditEventId | None, limit: int
    ) -> Sequence[AuditEvent]:
        meant = [it for it in self._committed.audited.values() if _is_meant(it, query)]
        before = [it for it in meant if after is None or it.id < after]
        return sorted(before, key=lambda it: it.id, reverse=True)[:limit]

    async def add(self, events: Sequence[AuditEvent]) -> None:
        self._committed.audited.update({event.id: event for event in events})


def _is_meant(event: AuditEvent, query: AuditQuery) -> bool:
    return (
        all(getattr(query, name) in (None, getattr(event, name)) for name in _EQUAL)
        and (query.since is None or event.at >= query.since)
        and (query.until is None or event.at < query.until)
    )
