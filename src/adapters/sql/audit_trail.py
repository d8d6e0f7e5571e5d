"""The audit trail, inside a transaction on the database."""

from typing import Any

from sqlalchemy import Insert, bindparam, insert, select
from sqlalchemy.sql.dml import ReturningUpdate

from hexkey.adapters.sql.audit_rows import row_from
from hexkey.adapters.sql.audit_tables import audit_events
from hexkey.adapters.sql.unit_of_work import Work
from hexkey.application.ports.audit import AuditTrail
from hexkey.domain.audit.event import AuditEvent

RECORD = insert(audit_events)

_PLACE = ("sequence", "digest", "sealed_at")  # in the chain, which is given later
_PREFIX = "audited_"  # of parameters: those of a change may have the names of the same columns


def recording(change: ReturningUpdate[Any]) -> Insert:
    """`change`, and an event for each row that it changed, as one statement of PostgreSQL.

    Its parameters are those of `change` and `audited_row`; its row count is that of the events.
    """
    changed = change.cte("changed")
    columns = [it for it in audit_events.c if it.name not in _PLACE]
    values = (bindparam(f"{_PREFIX}{it.name}", type_=it.type) for it in columns)
    rows = select(*values).select_from(changed)
    return RECORD.from_select([it.name for it in columns], rows)


def audited_row(event: AuditEvent) -> dict[str, Any]:
    """The parameters of `recording` for `event`."""
    return {f"{_PREFIX}{name}": value for name, value in row_from(event).items()}


async def record(work: Work, event: AuditEvent | None) -> None:
    """Write `event`, if there is one, as a part of `work`."""
    if event is not None:
        await work.execute(RECORD, row_from(event))


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
