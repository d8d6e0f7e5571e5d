"""What operators and administrators do to an account."""

from dataclasses import dataclass

from hexkey.application.accounts.changing import change_user, end_sessions
from hexkey.application.outbox.telling import Tell
from hexkey.application.ports.accounts import AccountStore
from hexkey.application.ports.sessions import SessionStore, StateChanges
from hexkey.application.ports.system import Clock
from hexkey.domain.access import Role
from hexkey.domain.accounts.one_time_token import Purpose
from hexkey.domain.accounts.user import User
from hexkey.domain.events import Event, EventType
from hexkey.domain.identifiers import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class DisableUser:
    """Refuse a user everywhere, from this instant on."""

    store: SessionStore
    tell: Tell
    changes: StateChanges
    clock: Clock

    async def __call__(self, *, user: UserId) -> User:
        """Return the user, disabled; doing it twice changes nothing.

        Sessions end for good, and so do mailed links: enabling the user again revives neither.

        Raises:
            UserNotFound: if there is no such user.
        """
        now = self.clock.now()
        async with self.store.begin() as transaction:
            before, updated = await change_user(
                transaction.users, user, lambda u: u.disabled(now=now)
            )
            if updated != before:
                await transaction.one_time_tokens.void(user, purposes=frozenset(Purpose))
                event = Event(type=EventType.USER_DISABLED, user=updated, at=now)
                await self.tell(transaction, event)
            await end_sessions(transaction, self.tell, user, now=now)
            await transaction.commit()
        self.changes.announce(user)
        return updated


@dataclass(frozen=True, slots=True, kw_only=True)
class EnableUser:
    """Let a disabled user sign in again."""

    store: AccountStore
    tell: Tell
    changes: StateChanges
    clock: Clock

    async def __call__(self, *, user: UserId) -> User:
        """Return the user, active; doing it twice changes nothing.

        Raises:
            UserNotFound: if there is no such user.
        """
        now = self.clock.now()
        async with self.store.begin() as transaction:
            before, updated = await change_user(
                transaction.users, user, lambda u: u.enabled(now=now)
            )
            if updated != before:
                event = Event(type=EventType.USER_ENABLED, user=updated, at=now)
                await self.tell(transaction, event)
            await transaction.commit()
        self.changes.announce(user)
        return updated


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRole:
    """Give a user a role."""

    store: AccountStore
    tell: Tell
    changes: StateChanges
    clock: Clock

    async def __call__(self, *, user: UserId, role: Role) -> User:
        """Return the user with the role; doing it twice changes nothing.

        Raises:
            UserNotFound: if there is no such user.
        """
        now = self.clock.now()
        async with self.store.begin() as transaction:
            before, updated = await change_user(
                transaction.users, user, lambda u: u.granted(role, now=now)
            )
            if updated != before:
                event = Event(type=EventType.USER_UPDATED, user=updated, at=now)
                await self.tell(transaction, event)
            await transaction.commit()
        self.changes.announce(user)
        return updated
