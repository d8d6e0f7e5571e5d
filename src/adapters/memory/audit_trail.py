"""The audit trail, inside a transaction on dicts."""

from hexkey.adapters.memory.pending import Pending
from hexkey.application.ports.audit import AuditTrail
from hexkey.domain.audit.event import AuditEvent


class MemoryAuditTrail(AuditTrail):
    """Adds to what a transaction has done so far."""

    def __init__(self, pending: Pending) -> None:
        self._pending = pending

    async def record(self, event: AuditEvent) -> None:
        self._pending.audited[event.id] = event
