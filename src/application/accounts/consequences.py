"""What follows when an account was changed by somebody else."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from hexkey.application.accounts.changing import end_sessions
from hexkey.application.accounts.mail_requests import RequestKind, request_message
from hexkey.application.outbox.telling import Tell
from hexkey.application.ports.access import AccessTransaction
from hexkey.application.ports.system import IdGenerator
from hexkey.domain.accounts.one_time_token import Purpose
from hexkey.domain.accounts.user import User
from hexkey.domain.audit.event import AuditType
from hexkey.domain.events import Event, EventType
from hexkey.domain.identifiers import MessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequences:
    """Ends what may not go on, and tells of it, in the transaction of the deed.

    It looks at what has changed and not at why, so that a deed has the same consequences by
    whichever way it is reached.
    """

    tell: Tell
    ids: IdGenerator

    async def __call__(
        self, transaction: AccessTransaction, before: User, after: User, *, now: datetime
    ) -> None:
        """See to it that nothing is left of what `before` was allowed and `after` is not."""
        if not after.is_active:
            if before != after:
                await transaction.one_time_tokens.void(after.id, purposes=frozenset(Purpose))
            await end_sessions(transaction, self.tell, after.id, now=now)
        elif after.password is None and before.password is not None:
            await transaction.one_time_tokens.void(after.id)
            await end_sessions(transaction, self.tell, after.id, now=now)
            await self._ask_for_password(transaction, after, now=now)
        await self._tell(transaction, before, after, now=now)

    async def _ask_for_password(
        self, transaction: AccessTransaction, user: User, *, now: datetime
    ) -> None:
        if user.email is None:
            return
        message = request_message(
            RequestKind.PASSWORD_RESET,
            id=MessageId(self.ids.new()),
            address=user.email,
            language=user.language,
            now=now,
        )
        await transaction.outbox.add(message)

    async def _tell(
        self, transaction: AccessTransaction, before: User, after: User, *, now: datetime
    ) -> None:
        for role in sorted(after.roles - before.roles):
            await self._role(transaction, AuditType.ROLE_GRANTED, after, role, now=now)
        for role in sorted(before.roles - after.roles):
            await self._role(transaction, AuditType.ROLE_REVOKED, after, role, now=now)
        if (after.username, after.profile) != (before.username, before.profile):
            await self.tell(transaction, _event(EventType.USER_UPDATED, after, now))
        if before.password is not None and after.password is None:
            event = _event(EventType.USER_UPDATED, after, now)
            await self.tell(transaction, event, audited=AuditType.PASSWORD_RESET_REQUESTED)
        for kind in _of_being_here(before, after):
            await self.tell(transaction, _event(kind, after, now))

    async def _role(
        self,
        transaction: AccessTransaction,
        kind: AuditType,
        user: User,
        role: str,
        *,
        now: datetime,
    ) -> None:
        event = Event(type=EventType.USER_UPDATED, user=user, at=now, details={"role": role})
        await self.tell(transaction, event, audited=kind)


def _of_being_here(before: User, after: User) -> Iterator[EventType]:
    """What is told of a change of status; erasing says by itself that the account is disabled."""
    if after.erase_at is not None and after.erase_at != before.erase_at:
        yield EventType.USER_DELETION_SCHEDULED
    elif after.is_active != before.is_active:
        yield EventType.USER_ENABLED if after.is_active else EventType.USER_DISABLED
    if before.is_leaving and not after.is_leaving:
        yield EventType.USER_RESTORED


def _event(kind: EventType, user: User, now: datetime) -> Event:
    return Event(type=kind, user=user, at=now)
