"""Telling of what happened: to its owner by mail, and to applications by webhook."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hexkey.application.outbox.payloads import webhook_content
from hexkey.application.ports.accounts import AccountTransaction
from hexkey.application.ports.system import IdGenerator
from hexkey.domain.accounts.email import EmailAddress
from hexkey.domain.accounts.user import User
from hexkey.domain.events import Event, EventType
from hexkey.domain.identifiers import MessageId, SessionId, UserId
from hexkey.domain.outbox import Channel, Message
from hexkey.domain.webhooks import WEBHOOK_EVENTS

NEWS_LIFETIME = timedelta(days=3)  # older news is sent to nobody

# What the owner hears of (RC-07), and the kind of mail that says it.
_NOTICES: Mapping[EventType, str] = {
    EventType.PASSWORD_CHANGED: "password_changed",
    EventType.EMAIL_CHANGED: "email_changed_new",
    EventType.USER_DISABLED: "account_disabled",
    EventType.USER_DELETION_SCHEDULED: "deletion_scheduled",
    EventType.USER_RESTORED: "account_restored",
    EventType.USER_DELETED: "account_erased",
    EventType.NEW_DEVICE: "new_device",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """Queue what an event has to say, in the transaction of the deed itself."""

    ids: IdGenerator

    async def __call__(
        self, transaction: AccountTransaction, event: Event, *, notice: str | None = None
    ) -> None:
        """Queue the mail to the owner, if there is one to send, and one message per webhook.

        Mail goes to verified addresses only: whoever registered with another's address must not
        be able to have mail sent there by each thing they do.

        Args:
            notice: the kind of mail, if it is not the usual one.
        """
        kind = notice or _NOTICES.get(event.type)
        user = event.user
        if kind is not None and user.email is not None and user.email_verified:
            await self.write(transaction, kind, to=user.email, event=event)
        if event.type in WEBHOOK_EVENTS:
            await self._call(transaction, event)

    async def write(
        self, transaction: AccountTransaction, kind: str, *, to: EmailAddress, event: Event
    ) -> None:
        """Queue a mail about `event`, to an address that need not be its user's."""
        user = event.user
        message = _message(
            id=MessageId(self.ids.new()),
            channel=Channel.MAIL,
            kind=kind,
            to=to,
            event=event,
            content={**event.details, "user_name": name_of(user)},
        )
        await transaction.outbox.add(message)

    async def ended(
        self,
        transaction: AccountTransaction,
        user: UserId,
        sessions: Sequence[SessionId],
        *,
        at: datetime,
    ) -> None:
        """Tell applications of `sessions` that have just been ended; nothing is read for none."""
        if not sessions or not await transaction.outbox.subscribers(EventType.SESSION_ENDED):
            return
        owner = await transaction.users.find(user)
        if owner is None:
            return
        for session in sessions:
            details = {"session_id": str(session)}
            event = Event(type=EventType.SESSION_ENDED, user=owner, at=at, details=details)
            await self._call(transaction, event)

    async def _call(self, transaction: AccountTransaction, event: Event) -> None:
        for endpoint in await transaction.outbox.subscribers(event.type):
            message = _message(
                id=MessageId(self.ids.new()),
                channel=Channel.WEBHOOK,
                kind=event.type.value,
                to=EmailAddress(value=endpoint, key=endpoint),
                event=event,
                content=webhook_content(event),
            )
            await transaction.outbox.add(message)


def _message(
    *,
    id: MessageId,
    channel: Channel,
    kind: str,
    to: EmailAddress,
    event: Event,
    content: Mapping[str, str],
) -> Message:
    # With the user goes all that is about them; what tells that they are gone must stay.
    gone = event.type is EventType.USER_DELETED
    return Message(
        id=id,
        channel=channel,
        kind=kind,
        recipient=to.value,
        recipient_key=to.key,
        user=None if gone else event.user.id,
        content=content,
        language=event.user.language,
        created_at=event.at,
        due_at=event.at,
        expires_at=event.at + NEWS_LIFETIME,
    )


def name_of(user: User) -> str:
    """What a mail calls `user`; empty if they gave no name."""
    return user.username.value if user.username else user.profile.full_name or ""
