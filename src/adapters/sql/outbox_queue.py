"""The outbox in the database, as a worker sees it."""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.engine import autocommitting
from hexkey.adapters.sql.failures import ImpossibleRow
from hexkey.adapters.sql.outbox_rows import QUEUED, message_from, outcome_row_from
from hexkey.adapters.sql.tables import outbox
from hexkey.adapters.sql.unit_of_work import unit_of_work
from hexkey.application.ports.outbox import OutboxQueue
from hexkey.domain.outbox import Channel, Message

_log = logging.getLogger("hexkey.outbox")

_FREE = (outbox.c.channel == bindparam("of_channel"), QUEUED, outbox.c.free_at <= bindparam("now"))
_ANY_FREE = select(1).where(*_FREE).limit(1)
# In a WITH of its own: inside the condition of the update it could be asked more than once, and
# would lock, and give, other rows each time.
_DUE = (
    select(outbox.c.id)
    .where(*_FREE)
    .order_by(outbox.c.free_at, outbox.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("due")
)
_CLAIM = (
    update(outbox)
    .where(outbox.c.id.in_(select(_DUE.c.id)))
    .values(free_at=bindparam("until"), holder=bindparam("by_holder"))
    .returning(outbox)
)
_HELD = (outbox.c.holder == bindparam("of_holder"), QUEUED)
_SETTLE = (
    update(outbox)
    .where(outbox.c.id == bindparam("of_id"), *_HELD)
    .values(
        {
            name: bindparam(name)
            for name in ("content", "due_at", "attempts", "state", "error", "free_at", "holder")
        }
    )
)
_RELEASE = update(outbox).where(*_HELD).values(free_at=outbox.c.due_at, holder=None)


class SqlOutboxQueue(OutboxQueue):
    """Claims and releases with one statement each, settles with one for all messages."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reading = autocommitting(engine)
        self._writing = autocommitting(engine, writing=True)

    async def claim(
        self, channel: Channel, *, holder: str, now: datetime, until: datetime, limit: int
    ) -> Sequence[Message]:
        values = {"of_channel": channel.value, "now": now, "until": until, "most": limit}
        if not await self._may_find(values):
            return []
        async with unit_of_work(self._writing) as work:
            rows = (await work.execute(_CLAIM, values | {"by_holder": holder})).all()
        return sorted(_readable(rows), key=lambda it: (it.due_at, it.id))

    async def settle(self, messages: Sequence[Message], *, holder: str) -> None:
        # In one order for all, so that nobody waits for somebody who waits for them.
        rows = [
            {"of_id": it.id, "of_holder": holder, **outcome_row_from(it)}
            for it in sorted(messages, key=lambda it: it.id)
        ]
        async with unit_of_work(self._engine) as work:
            await work.execute_all(_SETTLE, rows)
            await work.commit()

    async def release(self, *, holder: str) -> None:
        async with unit_of_work(self._writing) as work:
            await work.execute(_RELEASE, {"of_holder": holder})

    async def _may_find(self, values: dict[str, Any]) -> bool:
        if self._engine.dialect.name != "sqlite":
            return True  # there an update of nothing locks nothing
        asked = {name: values[name] for name in ("of_channel", "now")}
        async with unit_of_work(self._reading) as work:
            return (await work.execute(_ANY_FREE, asked)).first() is not None


def _readable(rows: Sequence[Row[Any]]) -> Iterator[Message]:
    """The messages in `rows`; one that was damaged must not keep the others from leaving."""
    for row in rows:
        try:
            yield message_from(row)
        except ImpossibleRow:
            _log.exception("a message in the outbox cannot be sent")
