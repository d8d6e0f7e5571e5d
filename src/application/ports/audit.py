"""The audit trail: filling it, reading it, and chaining it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from hexkey.domain.audit.chain import ChainHead, Link, Linked
from hexkey.domain.audit.event import AuditEvent
from hexkey.domain.identifiers import AuditEventId


class AuditTrail(Protocol):
    """The audit trail, inside one transaction."""

    async def record(self, event: AuditEvent) -> None:
        """Write `event` down if this transaction commits; it costs no commit of its own."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """Which events are asked for: those for which every condition that is given holds.

    Attributes:
        since: the first instant.
        until: the first instant that is no longer meant.
    """

    type: str | None = None
    actor: str | None = None
    subject: str | None = None
    outcome: str | None = None
    request_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class AuditArchive(Protocol):
    """The events that were committed. Every call is a transaction of its own."""

    async def page(
        self, query: AuditQuery, *, after: AuditEventId | None, limit: int
    ) -> Sequence[AuditEvent]:
        """At most `limit` of them, the latest first, that were written before `after`.

        In the place of one that somebody has made unreadable stands `unreadable`.
        """
        ...

    async def add(self, events: Sequence[AuditEvent]) -> None:
        """Write down, durably and all at once, what changed nothing else: looks and refusals.

        What is there already stays as it is: whoever does not hear that it was written comes again.

        Raises:
            TemporarilyUnavailable: if it cannot be written down now.
        """
        ...


class AuditChain(Protocol):
    """The links between the events. Every call is a transaction of its own."""

    async def head(self) -> ChainHead | None:
        """How far the chain goes; `None` if it was never begun."""
        ...

    async def unsealed(self, *, limit: int) -> Sequence[AuditEvent]:
        """At most `limit` events that have no place in the chain yet, the oldest first.

        Without those that somebody has made unreadable: they never get a place.
        """
        ...

    async def oldest_unsealed(self) -> datetime | None:
        """Since when an event has been waiting for its place, readable or not."""
        ...

    async def extend(self, old: ChainHead | None, new: ChainHead, links: Sequence[Link]) -> bool:
        """Give events their place, and swap the head `old` for `new`, atomically.

        Returns:
            False, and nothing changed, if the head is no longer `old`.
        """
        ...

    async def linked(self, *, after: int | None, limit: int) -> Sequence[Linked]:
        """At most `limit` events whose sequence is greater than `after`, in that order.

        Args:
            after: `None` for the first ones that are stored, whatever somebody has numbered them.
        """
        ...

    async def prune(self, old: ChainHead, new: ChainHead) -> bool:
        """Delete the events up to `new.pruned_to`, and swap the head `old` for `new`, atomically.

        Returns:
            False, and nothing changed, if the head is no longer `old`.
        """
        ...


class ChainSealer(Protocol):
    """Seals heads of the chain with a key that the database does not have."""

    def seal(self, head: ChainHead) -> ChainHead:
        """`head` with the MAC that belongs to it."""
        ...

    def is_ours(self, head: ChainHead) -> bool:
        """Whether its MAC was made by us, with the present master secret or the previous one."""
        ...

    def is_current(self, head: ChainHead) -> bool:
        """Whether its MAC was made with the present master secret."""
        ...
