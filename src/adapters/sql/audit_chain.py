"""The chain of the audit trail in the database."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, select, type_coerce, update
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.audit_rows import (
    NO_INSTANT,
    event_from,
    head_from,
    linked_from,
    row_from_head,
)
from hexkey.adapters.sql.audit_tables import AS_STORED, StoredInstant, audit_chain, audit_events
from hexkey.adapters.sql.engine import autocommitting
from hexkey.adapters.sql.failures import ImpossibleRow
from hexkey.adapters.sql.single_statement import rows_of
from hexkey.adapters.sql.unit_of_work import Work, unit_of_work
from hexkey.adapters.sql.upserts import upsert
from hexkey.application.ports.audit import AuditChain
from hexkey.domain.audit.chain import ChainHead, Link, Linked
from hexkey.domain.audit.event import AuditEvent

_HEAD = select(audit_chain).where(audit_chain.c.id == 1)
_REPLACE_HEAD = update(audit_chain).where(
    audit_chain.c.id == 1,
    audit_chain.c.sequence == bindparam("of_sequence"),
    audit_chain.c.pruned_to == bindparam("of_pruned_to"),
    audit_chain.c.mac == bindparam("of_mac"),
)
_UNSEALED = (
    select(*AS_STORED)
    .where(audit_events.c.sequence.is_(None))
    .order_by(audit_events.c.at, audit_events.c.id)
)
_OLDEST_UNSEALED = (
    select(type_coerce(audit_events.c.at, StoredInstant()).label("at"))
    .where(audit_events.c.sequence.is_(None))
    .order_by(audit_events.c.at)
    .limit(1)
)
_FIRST_LINKED = (
    select(*AS_STORED).where(audit_events.c.sequence.is_not(None)).order_by(audit_events.c.sequence)
)
_LINKED = _FIRST_LINKED.where(audit_events.c.sequence > bindparam("after"))
_GIVE_PLACE = (
    update(audit_events)
    .where(audit_events.c.id == bindparam("of_id"))
    .values(sequence=bindparam("place"), digest=bindparam("link"), sealed_at=bindparam("linked_at"))
)
_PRUNE = delete(audit_events).where(audit_events.c.sequence <= bindparam("last"))


class SqlAuditChain(AuditChain):
    """Whoever swaps the head holds its row until the commit, so nobody else extends the chain."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reading = autocommitting(engine)

    async def head(self) -> ChainHead | None:
        rows = await rows_of(self._reading, _HEAD, {})
        return head_from(rows[0]) if rows else None

    async def unsealed(self, *, limit: int) -> Sequence[AuditEvent]:
        rows = await rows_of(self._reading, _UNSEALED.limit(limit), {})
        return list(_readable(rows))

    async def oldest_unsealed(self) -> datetime | None:
        rows = await rows_of(self._reading, _OLDEST_UNSEALED, {})
        return (rows[0].at or NO_INSTANT) if rows else None

    async def extend(self, old: ChainHead | None, new: ChainHead, links: Sequence[Link]) -> bool:
        places = [_place(it) for it in links]
        async with unit_of_work(self._engine) as work:
            if not await _swapped(work, old, new):
                return False
            await work.execute_all(_GIVE_PLACE, places)
            await work.commit()
        return True

    async def linked(self, *, after: int | None, limit: int) -> Sequence[Linked]:
        statement = _FIRST_LINKED if after is None else _LINKED
        given = {} if after is None else {"after": after}
        rows = await rows_of(self._reading, statement.limit(limit), given)
        return [linked_from(row) for row in rows]

    async def prune(self, old: ChainHead, new: ChainHead) -> bool:
        async with unit_of_work(self._engine) as work:
            if not await _swapped(work, old, new):
                return False
            await work.execute(_PRUNE, {"last": new.pruned_to})
            await work.commit()
        return True


def _place(link: Link) -> dict[str, Any]:
    return {
        "of_id": link.event,
        "place": link.sequence,
        "link": link.digest,
        "linked_at": link.sealed_at,
    }


def _readable(rows: Iterable[Row[Any]]) -> Iterator[AuditEvent]:
    for row in rows:
        with suppress(ImpossibleRow):
            yield event_from(row)


async def _swapped(work: Work, old: ChainHead | None, new: ChainHead) -> bool:
    values: dict[str, Any] = row_from_head(new)
    if old is None:
        # One that is there already stays: the condition holds for no row.
        first = upsert(
            audit_chain,
            work.dialect,
            new=values,
            changed={"id": 1},
            where=audit_chain.c.id == 0,
        )
        return (await work.execute(first)).rowcount == 1
    of = {"of_sequence": old.sequence, "of_pruned_to": old.pruned_to, "of_mac": old.mac}
    return (await work.execute(_REPLACE_HEAD, values | of)).rowcount == 1
