"""Showing that an address is one's own, or that it is not."""

from dataclasses import dataclass
from datetime import datetime

from hexkey.application.accounts.looking import LookAtToken, TryCode, spend, spend_for
from hexkey.application.accounts.mail_requests import RequestKind, RequestMail
from hexkey.application.outbox.telling import Tell
from hexkey.application.ports.accounts import AccountStore, AccountTransaction, EmailSyntax
from hexkey.application.ports.sessions import SessionStore, StateChanges
from hexkey.application.ports.system import Clock, IdGenerator
from hexkey.domain.accounts.one_time_token import (
    InvalidOrExpiredToken,
    OneTimeToken,
    PendingRegistration,
    Purpose,
)
from hexkey.domain.accounts.user import EmailTaken, User
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.events import Event, EventType
from hexkey.domain.identifiers import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestEmailVerification:
    """Ask for the mail by which an address is verified."""

    request_mail: RequestMail
    emails: EmailSyntax

    async def __call__(
        self, *, email: str, network: str | None = None, language: str | None = None
    ) -> str:
        """Return the flow's secret, whether or not there is anything to verify.

        Raises:
            InvalidEmail: if that is no address.
        """
        return await self.request_mail(
            RequestKind.VERIFICATION,
            address=self.emails.parse(email),
            network=network,
            language=language,
        )


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
            return await self._of_either_purpose(token)
        if email is None or code is None:
            raise InvalidOrExpiredToken
        return await self.try_code(
            purposes=(Purpose.VERIFY_EMAIL, Purpose.REGISTER),
            email=email,
            code=code,
            flow=flow,
            flow_demanded=False,
        )

    async def _of_either_purpose(self, token: str) -> OneTimeToken:
        try:
            return await self.look(token=token, purpose=Purpose.VERIFY_EMAIL)
        except InvalidOrExpiredToken:
            return await self.look(token=token, purpose=Purpose.REGISTER)

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
        if not await transaction.users.replace(user, verified):
            raise TemporarilyUnavailable
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
        seen = await self.look(token=token, purpose=Purpose.VERIFY_EMAIL)
        now = self.clock.now()
        async with self.store.begin() as transaction:
            user = await spend_for(transaction, seen, now=now)
            if user.email_verified:
                raise InvalidOrExpiredToken
            without = _disowned(user, now=now)
            if not await transaction.users.replace(user, without):
                raise TemporarilyUnavailable
            ended = await transaction.sessions.end_all(user.id, keep=None, now=now)
            await self.tell(transaction, Event(type=EventType.USER_UPDATED, user=without, at=now))
            await self.tell.ended(transaction, user.id, ended, at=now)
            await transaction.commit()
        self.changes.announce(user.id)


def _disowned(user: User, *, now: datetime) -> User:
    """`user` without the address, which somebody else reads; without a name, on the way out."""
    if user.username is not None:
        return user.without_email(now=now)
    return user.leaving(erase_at=now, now=now).disabled(now=now)
