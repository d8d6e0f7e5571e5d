"""Webhook endpoints in the database: one row for each, and one for each event it wants."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, bindparam, delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.audit_trail import record
from hexkey.adapters.sql.engine import autocommitting
from hexkey.adapters.sql.failures import ImpossibleRow
from hexkey.adapters.sql.outbox_rows import QUEUED
from hexkey.adapters.sql.tables import outbox, webhook_endpoints, webhook_subscriptions
from hexkey.adapters.sql.unit_of_work import Work, unit_of_work
from hexkey.application.ports.webhooks import WebhookEndpoints
from hexkey.domain.audit.event import AuditEvent
from hexkey.domain.events import EventType
from hexkey.domain.identifiers import EndpointId
from hexkey.domain.outbox import Channel
from hexkey.domain.webhooks import MOST_ENDPOINTS, InvalidWebhook, WebhookEndpoint

_table = webhook_endpoints
_ALL = (
    select(_table, webhook_subscriptions.c.event)
    .select_from(_table.outerjoin(webhook_subscriptions))
    .order_by(_table.c.created_at, _table.c.id)
)
_FIND = _ALL.where(_table.c.id == bindparam("id"))
_COUNT = select(func.count()).select_from(_table)
# Others may read; whoever adds as well waits, and then counts this one too.
_TURN = text("LOCK TABLE webhook_endpoints IN SHARE ROW EXCLUSIVE MODE")
_REMOVE = delete(_table).where(_table.c.id == bindparam("id"))
_DROP = delete(outbox).where(
    outbox.c.channel == Channel.WEBHOOK.value, QUEUED, outbox.c.recipient == bindparam("id")
)
_RESEAL = (
    update(_table)
    .where(_table.c.id == bindparam("of_id"), _table.c.sealed_secret == bindparam("of_secret"))
    .values(sealed_secret=bindparam("sealed_secret"))
)


class SqlWebhookEndpoints(WebhookEndpoints):
    """Each call is a transaction of its own."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reading = autocommitting(engine)
        self._writing = autocommitting(engine, writing=True)

    async def add(self, endpoint: WebhookEndpoint, *, audited: AuditEvent | None = None) -> None:
        row = {
            "id": endpoint.id,
            "url": endpoint.url,
            "sealed_secret": endpoint.sealed_secret,
            "created_at": endpoint.created_at,
        }
        wanted = [
            {"event": event.value, "endpoint_id": endpoint.id} for event in sorted(endpoint.events)
        ]
        async with unit_of_work(self._engine) as work:
            if await _count_alone(work) >= MOST_ENDPOINTS:
                raise InvalidWebhook
            await work.execute(insert(_table), row)
            await work.execute_all(insert(webhook_subscriptions), wanted)
            await record(work, audited)
            await work.commit()

    async def all(self) -> Sequence[WebhookEndpoint]:
        return await self._read(_ALL, {})

    async def find(self, id: EndpointId) -> WebhookEndpoint | None:
        return next(iter(await self._read(_FIND, {"id": id})), None)

    async def remove(self, id: EndpointId, *, audited: AuditEvent | None = None) -> bool:
        async with unit_of_work(self._engine) as work:
            removed = (await work.execute(_REMOVE, {"id": id})).rowcount == 1
            await work.execute(_DROP, {"id": id})
            await record(work, audited if removed else None)
            await work.commit()
        return removed

    async def reseal(self, old: WebhookEndpoint, sealed_secret: bytes) -> bool:
        values = {"of_id": old.id, "of_secret": old.sealed_secret, "sealed_secret": sealed_secret}
        async with unit_of_work(self._writing) as work:
            return (await work.execute(_RESEAL, values)).rowcount == 1

    async def _read(
        self, statement: Select[Any], values: dict[str, Any]
    ) -> Sequence[WebhookEndpoint]:
        async with unit_of_work(self._reading) as work:
            rows = (await work.execute(statement, values)).all()
        by_id: dict[str, list[Row[Any]]] = {}
        for row in rows:
            by_id.setdefault(row.id, []).append(row)
        return [_endpoint_from(group) for group in by_id.values()]


async def _count_alone(work: Work) -> int:
    """How many there are, until this transaction ends; on SQLite it is alone anyway."""
    if work.dialect == "postgresql":
        await work.execute(_TURN)
    count: int = (await work.execute(_COUNT)).scalar_one()
    return count


def _endpoint_from(rows: Sequence[Row[Any]]) -> WebhookEndpoint:
    row = rows[0]
    try:
        events = frozenset(EventType(each.event) for each in rows if each.event is not None)
    except ValueError as error:
        raise ImpossibleRow(f"webhook {row.id} wants an event that nobody knows") from error
    return WebhookEndpoint(
        id=EndpointId(row.id),
        url=row.url,
        events=events,
        sealed_secret=row.sealed_secret,
        created_at=row.created_at,
    )
