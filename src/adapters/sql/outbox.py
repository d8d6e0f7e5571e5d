"""The outbox, inside a transaction on the database."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, bindparam, func, insert, literal, select, union_all

from hexkey.adapters.sql.outbox_rows import CONCERNS, concerned, message_from, row_from
from hexkey.adapters.sql.tables import outbox, webhook_subscriptions
from hexkey.adapters.sql.unit_of_work import Work
from hexkey.application.ports.outbox import Outbox, RecentMail
from hexkey.domain.accounts.user import User
from hexkey.domain.events import EventType
from hexkey.domain.identifiers import EndpointId
from hexkey.domain.outbox import Channel, Message

_ASKED = (
    outbox.c.user_id.is_(None),
    outbox.c.channel == Channel.MAIL.value,
    outbox.c.created_at >= bindparam("since"),
)
_RECENT = union_all(
    select(literal(1).label("to_recipient"), outbox.c.kind, outbox.c.created_at).where(
        outbox.c.recipient_key == bindparam("recipient_key"), *_ASKED
    ),
    select(literal(0), outbox.c.kind, outbox.c.created_at).where(
        outbox.c.network == bindparam("network"), *_ASKED
    ),
)
_TURN = select(func.pg_advisory_xact_lock(bindparam("turn", type_=BigInteger)))
_ABOUT = select(outbox).where(CONCERNS).order_by(outbox.c.created_at, outbox.c.id)
_SUBSCRIBERS = (
    select(webhook_subscriptions.c.endpoint_id)
    .where(webhook_subscriptions.c.event == bindparam("event"))
    .order_by(webhook_subscriptions.c.endpoint_id)
)


class SqlOutbox(Outbox):
    """The outbox, as one unit of work sees and fills it.

    Attributes:
        is_filled: whether there may be something to send after the commit.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self.is_filled = False

    async def add(self, message: Message) -> None:
        await self._work.execute(insert(outbox), row_from(message))
        self.is_filled = True

    async def recent(
        self, *, kind: str, recipient_key: str, network: str | None, since: datetime
    ) -> RecentMail:
        # Always in this order, so that no two transactions wait for each other.
        await self._wait_for_turn(f"recipient {recipient_key}")
        if network is not None:
            await self._wait_for_turn(f"network {network}")
        values = {"recipient_key": recipient_key, "network": network, "since": since}
        rows = (await self._work.execute(_RECENT, values)).all()
        latest_first = sorted(rows, key=lambda row: row.created_at, reverse=True)
        to_recipient = [row for row in latest_first if row.to_recipient]
        return RecentMail(
            to_recipient=[row.created_at for row in to_recipient],
            of_kind=[row.created_at for row in to_recipient if row.kind == kind],
            from_network=[row.created_at for row in latest_first if not row.to_recipient],
        )

    async def about(self, user: User) -> Sequence[Message]:
        rows = (await self._work.execute(_ABOUT, concerned(user))).all()
        return [message_from(row) for row in rows]

    async def subscribers(self, event: EventType) -> Sequence[EndpointId]:
        found = (await self._work.execute(_SUBSCRIBERS, {"event": event.value})).scalars()
        return [EndpointId(endpoint) for endpoint in found]

    async def _wait_for_turn(self, name: str) -> None:
        """Be alone with `name` until the transaction ends; on SQLite it is alone with all."""
        if self._work.dialect == "postgresql":
            octets = hashlib.sha256(name.encode()).digest()[:8]
            await self._work.execute(_TURN, {"turn": int.from_bytes(octets, signed=True)})
