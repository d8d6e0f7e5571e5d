"""Giving each event its place in the chain, within a second, by one instance at a time.

Events are written without a place, so that deeds do not queue behind the head of the chain. The
head itself is the lease: every instance may try, and the one that swaps it has sealed the batch.
"""

from dataclasses import dataclass
from datetime import timedelta

from hexkey.application.ports.audit import AuditChain, ChainSealer
from hexkey.application.ports.system import Clock
from hexkey.domain.audit.chain import ChainHead

SEAL_EVERY = timedelta(seconds=0.5)
_BATCH = 500
_MOST_BATCHES = 20  # in one run; what is left waits for the next


class AuditChainBroken(Exception):
    """The head of the chain was not made by us; to go on would make that look right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealAuditTrail:
    """Link what was written down since the last time."""

    chain: AuditChain
    sealer: ChainSealer
    clock: Clock

    async def __call__(self) -> int:
        """Return how many events got their place; those that another instance places are not mine.

        Raises:
            AuditChainBroken: if somebody else has written the head.
            TemporarilyUnavailable: if the store is away; the next run goes on.
        """
        sealed = 0
        for _ in range(_MOST_BATCHES):
            # In this order: with a head that is younger than the events, those that another
            # instance has linked in between would be given a second place.
            old = await self._head()
            events = await self.chain.unsealed(limit=_BATCH)
            if not events:
                break
            head, links = (old or ChainHead()).extended(list(events), now=self.clock.now())
            if not await self.chain.extend(old, self.sealer.seal(head), links):
                break  # another instance was faster; what it left is for the next run
            sealed += len(links)
            if len(events) < _BATCH:
                break
        return sealed

    async def reseal(self) -> bool:
        """Seal the head with the present master secret; whether it had not been.

        Raises:
            AuditChainBroken: if it was made with neither that nor the previous one.
        """
        old = await self._head()
        if old is None or self.sealer.is_current(old):
            return False
        return await self.chain.extend(old, self.sealer.seal(old), ())

    async def _head(self) -> ChainHead | None:
        head = await self.chain.head()
        if head is not None and not self.sealer.is_ours(head):
            raise AuditChainBroken("the head of the audit chain was written by somebody else")
        return head
