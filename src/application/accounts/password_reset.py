"""A forgotten password: whoever reads the mail of an account may choose a new one."""

from dataclasses import dataclass
from datetime import datetime

from hexkey.application.accounts.changing import end_sessions, replace_user
from hexkey.application.accounts.looking import LookAtToken, TryCode, ensure_usable, spend_for
from hexkey.application.accounts.new_password import NewPasswords
from hexkey.application.outbox.telling import Tell
from hexkey.application.ports.accounts import UserDirectory
from hexkey.application.ports.sessions import SessionStore, StateChanges
from hexkey.application.ports.system import Clock
from hexkey.domain.accounts.one_time_token import InvalidOrExpiredToken, OneTimeToken, Purpose
from hexkey.domain.accounts.password import PasswordHash
from hexkey.domain.accounts.user import User
from hexkey.domain.audit.event import AuditType
from hexkey.domain.events import Event, EventType


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetPassword:
    """Set a password without knowing the old one; nobody is signed in by it (ASVS 6.4.3)."""

    store: SessionStore
    users: UserDirectory
    look: LookAtToken
    try_code: TryCode
    passwords: NewPasswords
    tell: Tell
    changes: StateChanges
    clock: Clock

    async def __call__(
        self,
        *,
        token: str | None = None,
        email: str | None = None,
        code: str | None = None,
        flow: str | None = None,
        new_password: str,
    ) -> None:
        """Proved by `token`, or by `email`, `code` and `flow`.

        Every session ends, every other mailed token of the user is void, and the address is
        verified: whoever had set up the account with it before is out (CVE-2026-53516).

        Raises:
            InvalidOrExpiredToken: if that proves nothing.
            PasswordRejected: if the new password breaks a rule; the token stays usable.
            HashingOverloaded: if too many passwords wait already; likewise.
        """
        seen = await self._seen(token, email, code, flow)
        user = await self.users.find(seen.user) if seen.user is not None else None
        ensure_usable(seen, user, now=self.clock.now())
        if user is None:
            raise InvalidOrExpiredToken
        accepted = self.passwords.accept(new_password, about_user=user.publicly_known())
        await self._set(seen, await self.passwords.hash(accepted))

    async def _seen(
        self, token: str | None, email: str | None, code: str | None, flow: str | None
    ) -> OneTimeToken:
        if token is not None:
            return await self.look(token=token, purposes=(Purpose.RESET_PASSWORD,))
        if email is None or code is None:
            raise InvalidOrExpiredToken
        return await self.try_code(
            purposes=(Purpose.RESET_PASSWORD,),
            email=email,
            code=code,
            flow=flow,
            flow_demanded=True,
        )

    async def _set(self, seen: OneTimeToken, hashed: PasswordHash) -> None:
        now = self.clock.now()
        async with self.store.begin() as transaction:
            # Hashing took a while: the token is looked at again, and used up with the deed.
            user = await spend_for(transaction, seen, now=now)
            reset = user.with_password(hashed, now=now)
            reset = _verified(reset, seen, now=now)
            await replace_user(transaction.users, user, reset)
            await transaction.one_time_tokens.void(user.id)
            changed = Event(
                type=EventType.PASSWORD_CHANGED, user=reset, at=now, details={"by": "mail"}
            )
            await self.tell(
                transaction,
                changed,
                notice="password_reset_done",
                audited=AuditType.PASSWORD_RESET,
            )
            await end_sessions(transaction, self.tell, user.id, now=now)
            await transaction.commit()
        self.changes.announce(user.id)


def _verified(user: User, seen: OneTimeToken, *, now: datetime) -> User:
    """`user`, who reads mail at their address, as it is stored."""
    return user.with_verified_email(user.email or seen.address, now=now)
