"""Telling of what happened: the owner by mail, applications by webhook, and the audit trail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import product

from hexkey.application.audit.recording import Audit
from hexkey.application.outbox.payloads import ended_session_content, webhook_content
from hexkey.application.ports.accounts import AccountTransaction
from hexkey.application.ports.system import IdGenerator
from hexkey.domain.accounts.email import EmailAddress
from hexkey.domain.accounts.user import User
from hexkey.domain.audit.event import AuditType
from hexkey.domain.events import Event, EventType
from hexkey.domain.identifiers import EndpointId, MessageId, SessionId, UserId
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
_AUDITED: Mapping[EventType, AuditType] = {
    EventType.USER_CREATED: AuditType.USER_REGISTERED,
    EventType.USER_UPDATED: AuditType.USER_UPDATED,
    EventType.USER_DISABLED: AuditType.USER_DISABLED,
    EventType.USER_ENABLED: AuditType.USER_ENABLED,
    EventType.USER_DELETION_SCHEDULED: AuditType.USER_DELETION_SCHEDULED,
    EventType.USER_RESTORED: AuditType.USER_RESTORED,
    EventType.USER_DELETED: AuditType.USER_ERASED,
    EventType.PASSWORD_CHANGED: AuditType.PASSWORD_CHANGED,
    EventType.EMAIL_CHANGED: AuditType.EMAIL_CHANGED,
    EventType.EMAIL_VERIFIED: AuditType.EMAIL_VERIFIED,
    EventType.NEW_DEVICE: AuditType.NEW_DEVICE,
    EventType.SESSION_ENDED: AuditType.SESSION_ENDED,
}
_AUDITED_DETAILS = frozenset(
    {"by", "erase_date", "role"}
)  # no addresses: the trail outlives the account


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """Queue what an event has to say, in the transaction of the deed itself."""

    ids: IdGenerator

    @property
    def audit(self) -> Audit:
        """Writes down what is neither mailed nor sent to applications."""
        return Audit(ids=self.ids)

    async def __call__(
        self,
        transaction: AccountTransaction,
        event: Event,
        *,
        notice: str | None = None,
        audited: AuditType | None = None,
    ) -> None:
        """Write it down, queue the mail to its owner, if there is one, and a message per webhook.

        Mail goes to verified addresses only: whoever registered with another's address must not
        be able to have mail sent there by each thing they do.

        Args:
            notice: the kind of mail, if it is not the usual one.
            audited: what it is written down as, if not as usual.
        """
        details = {name: it for name, it in event.details.items() if name in _AUDITED_DETAILS}
        kind_of_deed = audited or _AUDITED[event.type]
        await self.audit(
            transaction, kind_of_deed, at=event.at, subject=event.user.id, details=details
        )
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
        message = self._message(
            Channel.MAIL,
            kind,
            to=to,
            content={**event.details, "user_name": name_of(event.user)},
            at=event.at,
        )
        about = replace(message, user=_whom(event), language=event.user.language)
        await transaction.outbox.add(about)

    async def ended(
        self,
        transaction: AccountTransaction,
        user: UserId,
        sessions: Sequence[SessionId],
        *,
        at: datetime,
    ) -> None:
        """Tell of `sessions` that were just ended; nothing is read if none was."""
        if not sessions:
            return
        for session in sessions:
            await self.audit(
                transaction, AuditType.SESSION_ENDED, at=at, subject=user, session=session
            )
        endpoints = await transaction.outbox.subscribers(EventType.SESSION_ENDED)
        for session, endpoint in product(sessions, endpoints):
            message = self._message(
                Channel.WEBHOOK,
                EventType.SESSION_ENDED.value,
                to=_named(endpoint),
                content=ended_session_content(user, session, at=at),
                at=at,
            )
            await transaction.outbox.add(replace(message, user=user))

    async def _call(self, transaction: AccountTransaction, event: Event) -> None:
        for endpoint in await transaction.outbox.subscribers(event.type):
            message = self._message(
                Channel.WEBHOOK,
                event.type.value,
                to=_named(endpoint),
                content=webhook_content(event),
                at=event.at,
            )
            await transaction.outbox.add(replace(message, user=_whom(event)))

    def _message(
        self,
        channel: Channel,
        kind: str,
        *,
        to: EmailAddress,
        content: Mapping[str, str],
        at: datetime,
    ) -> Message:
        return Message(
            id=MessageId(self.ids.new()),
            channel=channel,
            kind=kind,
            recipient=to.value,
            recipient_key=to.key,
            content=content,
            created_at=at,
            due_at=at,
            expires_at=at + NEWS_LIFETIME,
        )


def _named(endpoint: EndpointId) -> EmailAddress:
    return EmailAddress(value=endpoint, key=endpoint)


def _whom(event: Event) -> UserId | None:
    """Whom a message is about; what tells that somebody is gone must not go with them."""
    return None if event.type is EventType.USER_DELETED else event.user.id


def name_of(user: User) -> str:
    """What a mail calls `user`; empty if they gave no name."""
    return user.username.value if user.username else user.profile.full_name or ""
