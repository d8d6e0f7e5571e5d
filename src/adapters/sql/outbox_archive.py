"""The outbox in the database, as an operator sees it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.audit_trail import record
from hexkey.adapters.sql.engine import autocommitting
from hexkey.adapters.sql.outbox_rows import QUEUED, UNSENT, message_from, row_from
from hexkey.adapters.sql.tables import outbox
from hexkey.adapters.sql.unit_of_work import unit_of_work
from hexkey.application.ports.outbox import OutboxArchive, OutboxState
from hexkey.domain.audit.event import AuditEvent
from hexkey.domain.identifiers import MessageId
from hexkey.domain.outbox import Message, MessageState

_AFTER_EVERY_ID = "g"  # ids are written with digits, hyphens and the letters from a to f
_ANY = select(outbox).where(outbox.c.id < bindparam("after"))
_IN_STATE = _ANY.where(outbox.c.state == bindparam("state"))
_LATEST_FIRST = outbox.c.id.desc()
_FIND = select(outbox).where(outbox.c.id == bindparam("id"))
_REPLACE = update(outbox).where(
    outbox.c.id == bindparam("of_id"),
    outbox.c.state == bindparam("of_state"),
    outbox.c.attempts == bindparam("of_attempts"),
)
_STATE = select(
    func.count().filter(QUEUED).label("queued"),
    func.min(outbox.c.due_at)
    .filter(and_(QUEUED, outbox.c.due_at <= bindparam("now")))
    .label("oldest_due"),
    func.count().filter(text("outbox.state = 'failed'")).label("failed"),
).where(UNSENT)


class SqlOutboxArchive(OutboxArchive):
    """Every call is one statement, and a transaction of its own."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._reading = autocommitting(engine)
        self._engine = engine

    async def page(
        self, *, state: MessageState | None, after: MessageId | None, limit: int
    ) -> Sequence[Message]:
        values = {"after": after or _AFTER_EVERY_ID}
        statement = _ANY
        if state is not None:
            statement, values = _IN_STATE, values | {"state": state.value}
        statement = statement.order_by(_LATEST_FIRST).limit(limit)
        async with unit_of_work(self._reading) as work:
            rows = (await work.execute(statement, values)).all()
        return [message_from(row) for row in rows]

    async def find(self, id: MessageId) -> Message | None:
        async with unit_of_work(self._reading) as work:
            row = (await work.execute(_FIND, {"id": id})).first()
        return None if row is None else message_from(row)

    async def replace(
        self, old: Message, new: Message, *, audited: AuditEvent | None = None
    ) -> bool:
        values = {"of_id": old.id, "of_state": old.state.value, "of_attempts": old.attempts}
        async with unit_of_work(self._engine) as work:
            if (await work.execute(_REPLACE, row_from(new) | values)).rowcount != 1:
                return False
            await record(work, audited)
            await work.commit()
        return True

    async def state(self, *, now: datetime) -> OutboxState:
        async with unit_of_work(self._reading) as work:
            row = (await work.execute(_STATE, {"now": now})).one()
        return OutboxState(queued=row.queued, oldest_due=row.oldest_due, failed=row.failed)
