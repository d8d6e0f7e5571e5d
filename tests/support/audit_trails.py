"""An audit trail in memory, with everything that is done to it."""

from dataclasses import dataclass, field
from datetime import timedelta

from hexkey.adapters.memory.audit_archive import MemoryAuditArchive
from hexkey.adapters.memory.audit_chain import MemoryAuditChain
from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.audit.retention import PruneAuditTrail
from hexkey.application.audit.sealing import SealAuditTrail
from hexkey.application.audit.verifying import Anchor, Verification, VerifyAuditTrail
from tests.support.audits import SEALER, an_audit
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


def told(verification: Verification) -> list[tuple[int | None, str]]:
    """The findings: at which place, and what."""
    return [(finding.sequence, finding.problem) for finding in verification.findings]
