"""The chain of the audit trail in dicts."""

from collections.abc import Sequence
from datetime import datetime

from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.ports.audit import AuditChain
from hexkey.domain.audit.chain import ChainHead, Link, Linked
from hexkey.domain.audit.event import AuditEvent


class MemoryAuditChain(AuditChain):
    """Links what a `MemoryStore` has committed."""

    def __init__(self, store: MemoryStore) -> None:
        self._committed = store.committed
        self._head: ChainHead | None = None

    async def head(self) -> ChainHead | None:
        return self._head

    async def unsealed(self, *, limit: int) -> Sequence[AuditEvent]:
        linked = {link.event for link in self._committed.links.values()}
        left = [it for it in self._committed.audited.values() if it.id not in linked]
        return sorted(left, key=lambda it: (it.at, it.id))[:limit]

    async def oldest_unsealed(self) -> datetime | None:
        waiting = await self.unsealed(limit=1)
        return waiting[0].at if waiting else None

    async def extend(self, old: ChainHead | None, new: ChainHead, links: Sequence[Link]) -> bool:
        if self._head != old:
            return False
        self._head = new
        self._committed.links.update({link.sequence: link for link in links})
        return True

    async def linked(self, *, after: int | None, limit: int) -> Sequence[Linked]:
        places = sorted(it for it in self._committed.links if after is None or it > after)[:limit]
        links = [self._committed.links[place] for place in places]
        events = self._committed.audited
        return [
            Linked(
                sequence=it.sequence,
                digest=it.digest,
                event=events.get(it.event),
                sealed_at=it.sealed_at,
            )
            for it in links
        ]

    async def prune(self, old: ChainHead, new: ChainHead) -> bool:
        if self._head != old:
            return False
        self._head = new
        for place in [it for it in self._committed.links if it <= new.pruned_to]:
            self._committed.audited.pop(self._committed.links.pop(place).event, None)
        return True
