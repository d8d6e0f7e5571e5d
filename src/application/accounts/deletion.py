"""Leaving: an account is erased after a time in which its owner may change their mind."""

from dataclasses import dataclass
from datetime import timedelta

from hexkey.application.accounts.changing import end_sessions, replace_user
from hexkey.application.accounts.looking import LookAtToken, spend_for
from hexkey.application.outbox.telling import Tell
from hexkey.application.ports.accounts import AccountStore, AccountTransaction
from hexkey.application.ports.sessions import SessionStore, SessionTransaction, StateChanges
from hexkey.application.ports.system import Clock
from hexkey.domain.accounts.one_time_token import InvalidOrExpiredToken, Purpose
from hexkey.domain.accounts.user import Disabled, User, UserNotFound
from hexkey.domain.audit.event import AuditType
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.events import Event, EventType
from hexkey.domain.identifiers import SessionId, UserId

_AT_ONCE = 200  # users in one run; what is left waits for the next


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleDeletion:
    """Have an account erased, at its owner's wish."""

    store: SessionStore
    tell: Tell
    changes: StateChanges
    clock: Clock
    grace: timedelta

    async def __call__(self, *, user: UserId, keep_session: SessionId | None = None) -> User:
        """Return the user with `erase_at`; doing it twice does not bring that nearer.

        The caller has made sure that the session is fresh. Every session but `keep_session` ends.

        Raises:
            UserNotFound: if there is no such user.
        """
        now = self.clock.now()
        async with self.store.begin() as transaction:
            current = await transaction.users.find(user)
            if current is None or not current.is_active:
                raise UserNotFound
            leaving = current.leaving(erase_at=now + self.grace, now=now)
            if not current.is_leaving:
                await replace_user(transaction.users, current, leaving)
                await self.tell(transaction, _scheduled(leaving))
            await end_sessions(transaction, self.tell, user, keep=keep_session, now=now)
            await transaction.commit()
        self.changes.announce(user)
        return leaving


def _scheduled(user: User) -> Event:
    day = user.erase_at.date().isoformat() if user.erase_at else ""
    return Event(
        type=EventType.USER_DELETION_SCHEDULED,
        user=user,
        at=user.updated_at,
        details={"erase_date": day},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreAccount:
    """Let an account stay after all, at the wish of somebody who is signed in to it."""

    store: AccountStore
    tell: Tell
    changes: StateChanges
    clock: Clock

    async def __call__(self, *, user: UserId) -> User:
        """Return the user; whoever was not about to leave stays as they are.

        Raises:
            UserNotFound: if there is no such user any more.
        """
        async with self.store.begin() as transaction:
            current = await transaction.users.find(user)
            if current is None or not current.is_active:
                raise UserNotFound
            restored = await self.do(transaction, current)
            await transaction.commit()
        self.changes.announce(user)
        return restored

    async def do(self, transaction: AccountTransaction, current: User) -> User:
        """Do it as a part of `transaction`."""
        if not current.is_leaving:
            return current
        now = self.clock.now()
        restored = current.restored(now=now)
        await replace_user(transaction.users, current, restored)
        await self.tell(transaction, Event(type=EventType.USER_RESTORED, user=restored, at=now))
        return restored


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreAccountByToken:
    """Let an account stay after all, at the wish of whoever reads its mail."""

    store: AccountStore
    look: LookAtToken
    restore: RestoreAccount
    changes: StateChanges
    clock: Clock

    async def __call__(self, *, token: str) -> User:
        """Return the user.

        Raises:
            InvalidOrExpiredToken: if that proves nothing, or the account stays anyway.
        """
        seen = await self.look(token=token, purposes=(Purpose.RESTORE_ACCOUNT,))
        async with self.store.begin() as transaction:
            user = await spend_for(transaction, seen, now=self.clock.now())
            if not user.is_leaving:
                raise InvalidOrExpiredToken
            restored = await self.restore.do(transaction, user)
            await transaction.commit()
        self.changes.announce(user.id)
        return restored


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseDue:
    """Erase the accounts whose time has come; done again and again.

    First the account is refused everywhere, so that those who verify offline hear of it; when the
    last access token has expired as well, it is erased.

    Attributes:
        heard_of_after: how long a token may be believed by whoever has not heard.
    """

    store: SessionStore
    tell: Tell
    changes: StateChanges
    clock: Clock
    heard_of_after: timedelta

    async def __call__(self) -> int:
        """Return how many accounts were erased.

        Raises:
            TemporarilyUnavailable: if the store is away; the next run goes on.
        """
        async with self.store.begin() as transaction:
            due = await transaction.users.due_for_erasure(now=self.clock.now(), limit=_AT_ONCE)
        erased = 0
        for user in due:
            erased += await self._next_step(user)
        return erased

    async def _next_step(self, id: UserId) -> bool:
        now = self.clock.now()
        async with self.store.begin() as transaction:
            user = await transaction.users.find(id)
            if user is None or user.erase_at is None or now < user.erase_at:
                return False  # restored, or erased by another instance
            match user.status:
                case Disabled(at) if now < at + self.heard_of_after:
                    return False
                case Disabled():
                    await self._erase(transaction, user)
                case _:
                    await self._refuse(transaction, user)
            await transaction.commit()
        self.changes.announce(id)
        return not user.is_active

    async def _refuse(self, transaction: SessionTransaction, user: User) -> None:
        now = self.clock.now()
        await replace_user(transaction.users, user, user.disabled(now=now))
        await self.tell.audit(transaction, AuditType.USER_DISABLED, at=now, subject=user.id)
        await end_sessions(transaction, self.tell, user.id, now=now)

    async def _erase(self, transaction: SessionTransaction, user: User) -> None:
        now = self.clock.now()
        if not await transaction.users.erase(user, now=now):
            raise TemporarilyUnavailable
        # After the erasing, which takes all messages about the user with it.
        await self.tell(transaction, Event(type=EventType.USER_DELETED, user=user, at=now))
