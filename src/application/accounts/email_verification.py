"""Showing that an address is one's own, or that it is not."""

from dataclasses import dataclass
from datetime import datetime

from hexkey.application.accounts.changing import end_sessions, replace_user
from hexkey.application.accounts.looking import CONFIRMING, LookAtToken, TryCode, spend, spend_for
from hexkey.application.outbox.telling import Tell
from hexkey.application.ports.accounts import AccountStore, AccountTransaction
from hexkey.application.ports.sessions import SessionStore, StateChanges
from hexkey.application.ports.system import Clock, IdGenerator
from hexkey.domain.accounts.one_time_token import (
    InvalidOrExpiredToken,
    OneTimeToken,
    PendingRegistration,
    Purpose,
)
from hexkey.domain.accounts.user import EmailTaken, User
from hexkey.domain.events import Event, EventType
from hexkey.domain.identifiers import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmEmail:
    """Believe that an address is its user's, and begin the account if it waits for that.

    Password and sessions stay: whoever asked for the mail and whoever reads it are believed to be
    the same, unless the reader says otherwise (`DisownEmail`) or resets the password.
    """

    store: AccountStore
    look: LookAtToken
    try_code: TryCode
    tell: Tell
    changes: StateChanges
    ids: IdGenerator
    clock: Clock

    async def __call__(
        self,
        *,
        token: str | None = None,
        email: str | None = None,
        code: str | None = None,
        flow: str | None = None,
    ) -> User:
        """Return the user, by `token`, or by `email`, `code` and, if the caller has it, `flow`.

        Raises:
            InvalidOrExpiredToken: if that proves nothing.
            UsernameTaken: if somebody has taken the name meanwhile; the token stays usable.
        """
        seen = await self._seen(token, email, code, flow)
        async with self.store.begin() as transaction:
            if seen.purpose is Purpose.REGISTER:
                user = await self._begin(transaction, seen)
            else:
                user = await self._verify(transaction, seen)
            await transaction.commit()
        self.changes.announce(user.id)
        return user

    async def _seen(
        self, token: str | None, email: str | None, code: str | None, flow: str | None
    ) -> OneTimeToken:
        if token is not None:
            return await self.look(token=token, purposes=CONFIRMING)
        if email is None or code is None:
            raise InvalidOrExpiredToken
        return await self.try_code(
            purposes=CONFIRMING,
            email=email,
            code=code,
            flow=flow,
            flow_demanded=False,
        )

    async def _begin(self, transaction: AccountTransaction, seen: OneTimeToken) -> User:
        now = self.clock.now()
        await spend(transaction, seen, now=now)
        pending = seen.content
        if not isinstance(pending, PendingRegistration):
            raise InvalidOrExpiredToken
        user = User(
            id=UserId(self.ids.new()),
            username=pending.username,
            email=seen.address,
            email_verified=True,
            profile=pending.profile,
            password=pending.password,
            language=pending.language,
            created_at=now,
            updated_at=now,
        )
        try:
            await transaction.users.add(user)
        except EmailTaken:
            raise InvalidOrExpiredToken from None
        await self.tell(transaction, Event(type=EventType.USER_CREATED, user=user, at=now))
        return user

    async def _verify(self, transaction: AccountTransaction, seen: OneTimeToken) -> User:
        now = self.clock.now()
        user = await spend_for(transaction, seen, now=now)
        # The address as its owner wrote it; `fits` has compared the keys.
        verified = user.with_verified_email(user.email or seen.address, now=now)
        await replace_user(transaction.users, user, verified)
        await self.tell(transaction, Event(type=EventType.EMAIL_VERIFIED, user=verified, at=now))
        return verified


@dataclass(frozen=True, slots=True, kw_only=True)
class DisownEmail:
    """Let the reader of a verification mail say that the account is not theirs."""

    store: SessionStore
    look: LookAtToken
    tell: Tell
    changes: StateChanges
    clock: Clock

    async def __call__(self, *, token: str) -> None:
        """The address leaves the account, and every session of the account ends.

        An account without a user name is refused from now on, and erased when its access tokens
        have expired.

        Raises:
            InvalidOrExpiredToken: if `token` is not that of an unverified address.
        """
        seen = await self.look(token=token, purposes=(Purpose.VERIFY_EMAIL,))
        now = self.clock.now()
        async with self.store.begin() as transaction:
            user = await spend_for(transaction, seen, now=now)
            if user.email_verified:
                raise InvalidOrExpiredToken
            without = _disowned(user, now=now)
            await replace_user(transaction.users, user, without)
            await self.tell(transaction, Event(type=EventType.USER_UPDATED, user=without, at=now))
            await end_sessions(transaction, self.tell, user.id, now=now)
            await transaction.commit()
        self.changes.announce(user.id)


def _disowned(user: User, *, now: datetime) -> User:
    """`user` without the address, which somebody else reads; without a name, on the way out."""
    if user.username is not None:
        return user.without_email(now=now)
    return user.leaving(erase_at=now, now=now).disabled(now=now)
