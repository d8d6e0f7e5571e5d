"""The outbox in the hands of an operator."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from hexkey.application.audit.recording import Audit
from hexkey.application.ports.outbox import OutboxArchive, OutboxState
from hexkey.application.ports.system import Clock
from hexkey.domain.audit.event import AuditEvent, AuditType
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.identifiers import MessageId
from hexkey.domain.outbox import Message, MessageHasLeft, MessageNotFound, MessageState

MORE_TIME = timedelta(hours=1)  # at least, for a message that an operator sends again
HIDDEN = "(hidden)"

_TRIES = 5  # each one but the last met a worker that had just changed the message
_SECRETS = ("password", "hash", "secret", "digest")  # in the name of what nobody needs to see


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOutbox:
    """Show what is waiting, has left or has failed."""

    archive: OutboxArchive

    async def __call__(
        self, *, state: MessageState | None = None, after: MessageId | None = None, limit: int = 20
    ) -> Sequence[Message]:
        """Return at most `limit` messages, the latest first, without their contents."""
        page = await self.archive.page(state=state, after=after, limit=limit)
        return [replace(message, content={}) for message in page]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowMessage:
    """Show one message."""

    archive: OutboxArchive

    async def __call__(self, *, id: MessageId) -> Message:
        """Return it; where its content has a secret, it says so instead.

        Raises:
            MessageNotFound: if there is none of that id.
        """
        message = await self.archive.find(id)
        if message is None:
            raise MessageNotFound
        return replace(message, content={n: _shown(n, it) for n, it in message.content.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryMessage:
    """Send a message at the next opportunity, whatever became of it so far."""

    archive: OutboxArchive
    audit: Audit
    clock: Clock

    async def __call__(self, *, id: MessageId) -> Message:
        """Return the message as it waits now; if it had expired, it has an hour.

        Raises:
            MessageNotFound: if there is none of that id.
            MessageHasLeft: if it was sent.
            TemporarilyUnavailable: if workers change it faster than this.
        """
        now = self.clock.now()

        def hurried(message: Message) -> Message:
            if message.state is MessageState.DONE:
                raise MessageHasLeft
            return message.hurried(now=now, expires_at=max(message.expires_at, now + MORE_TIME))

        event = self.audit.event(AuditType.OUTBOX_RETRIED, at=now, subject=id)
        return await _changed(self.archive, id, hurried, event)


@dataclass(frozen=True, slots=True, kw_only=True)
class DropMessage:
    """Let a message not leave; it is kept for a while, and may still be retried."""

    archive: OutboxArchive
    audit: Audit
    clock: Clock

    async def __call__(self, *, id: MessageId) -> Message:
        """Return the message as it is kept; one that is being sent just now may still arrive.

        Raises:
            MessageNotFound: if there is none of that id.
            MessageHasLeft: if it was sent.
            TemporarilyUnavailable: if workers change it faster than this.
        """

        def dropped(message: Message) -> Message:
            if message.state is MessageState.DONE:
                raise MessageHasLeft
            return message.dropped()

        event = self.audit.event(AuditType.OUTBOX_DROPPED, at=self.clock.now(), subject=id)
        return await _changed(self.archive, id, dropped, event)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOutboxState:
    """How the outbox does, for whoever watches the service."""

    archive: OutboxArchive
    clock: Clock

    async def __call__(self) -> OutboxState:
        """Return how many messages wait, since when, and how many have failed."""
        return await self.archive.state(now=self.clock.now())


async def _changed(
    archive: OutboxArchive,
    id: MessageId,
    change: Callable[[Message], Message],
    audited: AuditEvent,
) -> Message:
    for _ in range(_TRIES):
        message = await archive.find(id)
        if message is None:
            raise MessageNotFound
        changed = change(message)
        if await archive.replace(message, changed, audited=audited):
            return replace(changed, content={})
    raise TemporarilyUnavailable


def _shown(name: str, value: str) -> str:
    return HIDDEN if any(word in name for word in _SECRETS) else value
