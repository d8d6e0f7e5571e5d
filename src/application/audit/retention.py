"""Forgetting old events, so that what is left can still be verified."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hexkey.application.audit.recording import Audit
from hexkey.application.audit.sealing import AuditChainBroken
from hexkey.application.audit.verifying import before, intact
from hexkey.application.ports.audit import AuditArchive, AuditChain, ChainSealer
from hexkey.application.ports.system import Clock
from hexkey.domain.audit.chain import Linked
from hexkey.domain.audit.event import AuditType

_BATCH = 500  # a batch holds SQLite's one write lock for some milliseconds
_MOST_BATCHES = 200
_MOST_AHEAD = 2000  # batches that a clock which was wrong for long may have filled


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneAuditTrail:
    """Delete what is old enough from the beginning of the chain, and seal its tombstone.

    The tombstone is in the sealed head: the place and the digest of the last event that is gone,
    which the first one that is left follows.
    """

    chain: AuditChain
    sealer: ChainSealer
    archive: AuditArchive
    audit: Audit
    clock: Clock
    keep: timedelta

    async def __call__(self) -> int:
        """Return how many events were deleted.

        Raises:
            AuditChainBroken: if one of them is not what was written, or the first that is left
                cannot be read: it stays, as evidence.
            TemporarilyUnavailable: if the store is away; the next run goes on.
        """
        deleted = 0
        try:
            for _ in range(_MOST_BATCHES):
                batch = await self._batch()
                deleted += batch
                if batch < _BATCH:
                    break
        finally:
            if deleted:
                await self._note(deleted)
        return deleted

    async def _note(self, deleted: int) -> None:
        now = self.clock.now()
        details = {"events": str(deleted), "before": (now - self.keep).isoformat()}
        event = self.audit.event(AuditType.AUDIT_PRUNED, at=now, details=details)
        await self.archive.add([event])

    async def _batch(self) -> int:
        now = self.clock.now()
        head = await self.chain.head()
        if head is None:
            return 0
        if not self.sealer.is_ours(head):
            raise AuditChainBroken("the head of the audit chain was written by somebody else")
        events = await self.chain.linked(after=head.pruned_to, limit=_BATCH)
        if events and events[0].event is None:
            raise AuditChainBroken("the first event of the audit trail is gone or unreadable")
        old = await self._old(events, now)
        if not old:
            return 0
        if not intact(head, old):
            raise AuditChainBroken("events that are to be deleted are not what was written")
        tombstone = self.sealer.seal(head.pruned(old[-1], now=now))
        return len(old) if await self.chain.prune(head, tombstone) else 0

    async def _old(self, events: Sequence[Linked], now: datetime) -> Sequence[Linked]:
        cutoff = now - self.keep
        if not all(_is_of_the_future(each, now) for each in events):
            return before(events, cutoff, now=now)
        # Nothing here says how old they are; what comes after them does.
        later = events
        for _ in range(_MOST_AHEAD):
            if len(later) < _BATCH:
                break
            later = await self.chain.linked(after=later[-1].sequence, limit=_BATCH)
            told = [each for each in later if not _is_of_the_future(each, now)]
            if told:
                return events if before(told[:1], cutoff, now=now) else ()
        return ()


def _is_of_the_future(each: Linked, now: datetime) -> bool:
    return each.event is not None and each.event.at > now
