"""An audit trail in memory, with everything that is done to it."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from hexkey.adapters.memory.audit_archive import MemoryAuditArchive
from hexkey.adapters.memory.audit_chain import MemoryAuditChain
from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.audit.retention import PruneAuditTrail
from hexkey.application.audit.sealing import SealAuditTrail
from hexkey.application.audit.verifying import Anchor, Verification, VerifyAuditTrail
from hexkey.domain.audit.chain import ChainHead
from tests.support.audits import SEALER, an_audit, an_event
from tests.support.doubles import FrozenClock

KEPT = timedelta(days=365)


@dataclass
class MemoryTrail:
    """What is sealed, verified and forgotten after `KEPT`."""

    clock: FrozenClock = field(default_factory=FrozenClock)
    store: MemoryStore = field(default_factory=MemoryStore)

    def __post_init__(self) -> None:
        self.archive, self.chain = MemoryAuditArchive(self.store), MemoryAuditChain(self.store)
        self.seal = SealAuditTrail(chain=self.chain, sealer=SEALER, clock=self.clock)
        self.verify = VerifyAuditTrail(chain=self.chain, sealer=SEALER, clock=self.clock)
        self.prune = PruneAuditTrail(
            chain=self.chain,
            sealer=SEALER,
            archive=self.archive,
            audit=an_audit(),
            clock=self.clock,
            keep=KEPT,
        )

    async def problems(self, anchor: Anchor | None = None) -> list[tuple[int | None, str]]:
        """What verifying finds."""
        return told(await self.verify(anchor=anchor))


class TamperedTrail(MemoryTrail):
    """One that an intruder with the database gets at."""

    async def grow(self, events: int) -> None:
        """Add events, each a second after the one before, and link them."""
        for _ in range(events):
            self.clock.advance(seconds=1)
            await self.archive.add([an_event(at=self.clock.now(), subject="ann")])
        await self.seal()

    def edit(self, sequence: int, **changes: object) -> None:
        """Do what an intruder does: change a stored event."""
        event = self.store.committed.audited[self.store.committed.links[sequence].event]
        changed = replace(event, **changes)  # type: ignore[arg-type]  # names of fields
        self.store.committed.audited[event.id] = changed

    def delete(self, sequence: int) -> None:
        """Delete an event with its place."""
        link = self.store.committed.links.pop(sequence)
        del self.store.committed.audited[link.event]

    def swap(self, one: int, other: int) -> None:
        """Let two events change places; their digests stay where they were."""
        links = self.store.committed.links
        first, second = links[one], links[other]
        links[one] = replace(first, event=second.event)
        links[other] = replace(second, event=first.event)

    def rewrite(self, *, after: int, head: ChainHead | None) -> None:
        """Edit the events after a place, take them out of the chain, and put a head back."""
        links = self.store.committed.links
        for place in [it for it in links if it > after]:
            self.edit(place, subject="mallory")
            del links[place]
        self.forge(head)

    def forge(self, head: ChainHead | None) -> None:
        """Write another head, or none."""
        self.chain._head = head


def told(verification: Verification) -> list[tuple[int | None, str]]:
    """The findings: at which place, and what."""
    return [(finding.sequence, finding.problem) for finding in verification.findings]
