"""The outbox: filled inside the transaction of a deed, emptied by a worker."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from hexkey.domain.accounts.user import User
from hexkey.domain.audit.event import AuditEvent
from hexkey.domain.events import EventType
from hexkey.domain.identifiers import EndpointId, MessageId
from hexkey.domain.outbox import Channel, Message, MessageState


class Outbox(Protocol):
    """The outbox, inside one transaction."""

    async def add(self, message: Message) -> None:
        """Queue `message`; it leaves after the commit, or not at all."""
        ...

    async def recent(
        self, *, kind: str, recipient_key: str, network: str | None, since: datetime
    ) -> "RecentMail":
        """What was queued as mail since, for somebody who need not have an account.

        Those are the messages that were about no `user` when they were added. Until this
        transaction ends, no other is told about the same recipient.

        Args:
            network: where requests are counted as well; `None` counts none.
        """
        ...

    async def about(self, user: User) -> Sequence[Message]:
        """The messages about `user`, or to their verified address, oldest first."""
        ...

    async def subscribers(self, event: EventType) -> Sequence[EndpointId]:
        """The webhook endpoints that want to hear of `event`."""
        ...


@dataclass(frozen=True, slots=True)
class RecentMail:
    """When mail was asked for, the latest instant first.

    Attributes:
        to_recipient: for that address.
        of_kind: for that address, and of the same kind.
        from_network: by that network, for whatever address.
    """

    to_recipient: Sequence[datetime]
    of_kind: Sequence[datetime]
    from_network: Sequence[datetime]


class OutboxQueue(Protocol):
    """The outbox, as a worker sees it: each call is a transaction of its own.

    Every call raises TemporarilyUnavailable if the store is away.
    """

    async def claim(
        self, channel: Channel, *, holder: str, now: datetime, until: datetime, limit: int
    ) -> Sequence[Message]:
        """At most `limit` messages that are due, the longest due first.

        Nobody else is given them before `until`; then they are due again, whatever their holder
        has done (at least once). Asking costs no write when nothing is due.
        """
        ...

    async def settle(self, messages: Sequence[Message], *, holder: str) -> None:
        """Store what has become of messages that `holder` has claimed, all in one transaction.

        That is their state, attempts, `due_at`, error and content; the rest stays. One that
        somebody else has claimed in the meantime, or dropped, stays as it is.
        """
        ...

    async def release(self, *, holder: str) -> None:
        """Give back what `holder` has claimed and not settled, untried."""
        ...


class DelayedDelivery(Exception):
    """To be tried again later; the message says why, without any secret."""


class RefusedDelivery(Exception):
    """Not to be tried again; the message says why, without any secret."""


@dataclass(frozen=True, slots=True)
class OutboxState:
    """How the outbox does.

    Attributes:
        queued: how many messages wait.
        oldest_due: since when the one that waits longest has been due; `None` if none is.
        failed: how many have failed for good and are still kept.
    """

    queued: int
    oldest_due: datetime | None
    failed: int


class OutboxArchive(Protocol):
    """The outbox, as an operator sees it."""

    async def page(
        self, *, state: MessageState | None, after: MessageId | None, limit: int
    ) -> Sequence[Message]:
        """At most `limit` messages in that state, or in any, the latest first, after `after`."""
        ...

    async def find(self, id: MessageId) -> Message | None:
        """That message."""
        ...

    async def replace(
        self, old: Message, new: Message, *, audited: AuditEvent | None = None
    ) -> bool:
        """Swap `old` for `new`, atomically, whoever has claimed it.

        Args:
            audited: written down exactly if they were swapped.

        Returns:
            False, and nothing changed, if it is no longer in the state and attempt of `old`.
        """
        ...

    async def state(self, *, now: datetime) -> OutboxState:
        """How the outbox does."""
        ...


class Arrivals(Protocol):
    """Tells the worker in this process that there may be something to send."""

    def note(self) -> None:
        """Something was queued; call it after the commit."""
        ...

    async def wait(self, channel: Channel, *, most: timedelta) -> None:
        """Return when something was noted since the last return, or after `most`."""
        ...
