"""The audit trail, inside a transaction on the database."""

from typing import Any

from sqlalchemy import insert

from hexkey.adapters.sql.audit_rows import row_from
from hexkey.adapters.sql.audit_tables import audit_events
from hexkey.adapters.sql.unit_of_work import Work
from hexkey.application.ports.audit import AuditTrail
from hexkey.domain.audit.event import AuditEvent

RECORD = insert(audit_events)


class SqlAuditTrail(AuditTrail):
    """Collects what is recorded, and writes it with one statement before the commit."""

    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] = []

    async def record(self, event: AuditEvent) -> None:
        self._rows.append(row_from(event))

    async def write(self, work: Work) -> None:
        """Write what was recorded since the last time."""
        rows, self._rows = self._rows, []
        await work.execute_all(RECORD, rows)
