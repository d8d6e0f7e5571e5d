"""The events in the database, as an operator searches them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.audit_rows import row_from, shown_from
from hexkey.adapters.sql.audit_tables import AS_STORED, audit_events
from hexkey.adapters.sql.engine import autocommitting
from hexkey.adapters.sql.single_statement import rows_of
from hexkey.adapters.sql.unit_of_work import unit_of_work
from hexkey.adapters.sql.upserts import insert_missing
from hexkey.application.ports.audit import AuditArchive, AuditQuery
from hexkey.domain.audit.event import AuditEvent
from hexkey.domain.identifiers import AuditEventId

_EQUAL = ("type", "actor", "subject", "outcome", "request_id")


class SqlAuditArchive(AuditArchive):
    """Every call is one statement, and a transaction of its own."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._reading = autocommitting(engine)
        self._engine = engine

    async def page(
        self, query: AuditQuery, *, after: AuditEventId | None, limit: int
    ) -> Sequence[AuditEvent]:
        rows = await rows_of(self._reading, _page(query, after=after).limit(limit), {})
        return [shown_from(row) for row in rows]

    async def add(self, events: Sequence[AuditEvent]) -> None:
        async with unit_of_work(self._engine) as work:
            missing = insert_missing(audit_events, work.dialect)
            await work.execute_all(missing, [row_from(event) for event in events])
            await work.commit()


def _page(query: AuditQuery, *, after: AuditEventId | None) -> Select[Any]:
    # Names of columns come from the fields of the query, never from a caller.
    statement = select(*AS_STORED).order_by(audit_events.c.id.desc())
    for name in _EQUAL:
        value = getattr(query, name)
        if value is not None:
            statement = statement.where(audit_events.c[name] == value)
    if query.since is not None:
        statement = statement.where(audit_events.c.at >= query.since)
    if query.until is not None:
        statement = statement.where(audit_events.c.at < query.until)
    if after is not None:
        statement = statement.where(audit_events.c.id < after)
    return statement
