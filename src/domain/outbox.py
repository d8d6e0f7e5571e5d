"""The outbox: messages that leave after the deed they tell of, and surely if it was done."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from hexkey.domain.accounts.user import User
from hexkey.domain.errors import HexkeyError
from hexkey.domain.identifiers import MessageId, UserId
from hexkey.domain.text import one_line

RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 15))  # then the last
JITTER = 0.2  # of the wait, more or less, so that what failed together does not return together
MAX_ERROR_LENGTH = 500
MAX_KIND_LENGTH = 64
MAX_RECIPIENT_LENGTH = 320
MAX_NETWORK_LENGTH = 64
MAX_CONTENT_LENGTH = 65_536  # of all words together, as JSON in ASCII

_MILLISECOND = timedelta(milliseconds=1)


class MessageNotFound(HexkeyError):
    """There is no such message in the outbox, or not any more."""

    code: ClassVar[str] = "message_not_found"
    message: ClassVar[str] = "There is no such message in the outbox."


class MessageHasLeft(Exception):
    """The message was sent, or was for nobody; nothing of it is kept that could be sent again."""


class Channel(StrEnum):
    """How a message leaves."""

    MAIL = "mail"
    WEBHOOK = "webhook"


class MessageState(StrEnum):
    """How far a message has come."""

    QUEUED = "queued"
    DONE = "done"  # sent, or found to be for nobody
    FAILED = "failed"  # refused for good, expired or dropped; `error` says why


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to one recipient.

    Attributes:
        id: a UUIDv7; its Message-ID and its token follow from it, so a repeat is the same.
        kind: the mail's kind, or the event's type.
        recipient: the address as typed, or the id of the webhook endpoint.
        recipient_key: by which messages to one recipient are counted: the address's key.
        user: whom it is about; `None` if nobody knows yet, or there is nobody.
        content: what its words need, and never a usable secret; emptied when it has left.
        language: of the one who caused it; the user's own wins.
        network: of the one who asked for it, if a stranger may ask; for counting.
        attempts: how often it was tried.
        due_at: when it is tried next.
        expires_at: after which nobody wants it any more.
    """

    id: MessageId
    channel: Channel
    kind: str
    recipient: str
    recipient_key: str
    user: UserId | None = None
    content: Mapping[str, str] = field(default_factory=dict, repr=False)
    language: str | None = None
    network: str | None = None
    created_at: datetime
    due_at: datetime
    expires_at: datetime
    attempts: int = 0
    state: MessageState = MessageState.QUEUED
    error: str | None = None

    def is_expired(self, *, now: datetime) -> bool:
        """Whether it came too late to be of use."""
        return now >= self.expires_at

    def concerns(self, user: User) -> bool:
        """Whether it is about `user`, or was asked for with the address that is surely theirs."""
        if self.user is not None or self.channel is not Channel.MAIL:
            return self.user == user.id
        address = user.email if user.email_verified else None
        return address is not None and self.recipient_key == address.key

    def done(self) -> "Message":
        """This message after it left."""
        return replace(
            self,
            state=MessageState.DONE,
            attempts=self.attempts + 1,
            content={},
            error=None,
        )

    def failed(self, error: str) -> "Message":
        """This message, never to be tried again unless an operator says so."""
        return replace(
            self,
            state=MessageState.FAILED,
            attempts=self.attempts + 1,
            error=one_line(error, most=MAX_ERROR_LENGTH),
        )

    def delayed(self, error: str, *, now: datetime, dice: float) -> "Message":
        """This message, to be tried again after a while; failed if it would be too late then.

        Args:
            dice: from 0 to 1, thrown anew for each call.
        """
        wait = RETRY_AFTER[min(self.attempts, len(RETRY_AFTER) - 1)]
        spread = wait * (1 + JITTER * (2 * dice - 1))
        due = now + spread // _MILLISECOND * _MILLISECOND  # what a store can keep of an instant
        if due >= self.expires_at:
            return self.failed(f"expired; last: {error}")
        return replace(
            self,
            due_at=due,
            attempts=self.attempts + 1,
            error=one_line(error, most=MAX_ERROR_LENGTH),
        )

    def dropped(self) -> "Message":
        """This message, which an operator does not want to leave."""
        return replace(self, state=MessageState.FAILED, error="dropped by an operator")

    def hurried(self, *, now: datetime, expires_at: datetime) -> "Message":
        """This message, to be tried now and until `expires_at`, whatever became of it."""
        return replace(
            self, state=MessageState.QUEUED, due_at=now, expires_at=expires_at, error=None
        )
