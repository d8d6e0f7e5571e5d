"""Changing a password: by its owner, who must know the old one, or by the operator."""

from dataclasses import dataclass
from typing import Protocol

from hexkey.application.accounts.changing import end_sessions
from hexkey.application.accounts.new_password import NewPasswords
from hexkey.application.outbox.telling import Tell
from hexkey.application.ports.accounts import UserDirectory
from hexkey.application.ports.sessions import SessionStore, StateChanges
from hexkey.application.ports.system import Clock
from hexkey.domain.accounts.password import PasswordHash
from hexkey.domain.accounts.user import User, UserNotFound
from hexkey.domain.authentication.credentials import InvalidCredentials
from hexkey.domain.events import Event, EventType
from hexkey.domain.identifiers import SessionId, UserId


class PasswordCheck(Protocol):
    """Proving that one knows a user's password; guesses are counted."""

    async def __call__(
        self, *, user: User, password: str, address: str | None, device: str | None = None
    ) -> None:
        """Return if `password` is the user's.

        Raises:
            InvalidCredentials: if it is not, or the user may not sign in.
            TooManyAttempts: if it was guessed at too often.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplacePassword:
    """Store a new hash and end the sessions, in one transaction."""

    store: SessionStore
    tell: Tell
    changes: StateChanges
    clock: Clock

    async def __call__(
        self, user: User, hashed: PasswordHash, *, keep: SessionId | None, by: str = "owner"
    ) -> None:
        """Every session of the user but `keep` ends, and every link mailed before is void.

        Args:
            by: whose deed it is, for whoever is told.

        Raises:
            InvalidCredentials: if since `user` was read the password has been changed, or the
                user disabled.
        """
        now = self.clock.now()
        async with self.store.begin() as transaction:
            current = await transaction.users.find(user.id)
            # Hashing took a while: another change or a disabling in between must win.
            if current is None or not _is_as_before(current, user):
                raise InvalidCredentials
            # `find` holds the user until the commit, so nobody can have come in between.
            changed = current.with_password(hashed, now=now)
            await transaction.users.replace(current, changed)
            details = {"by": by}
            event = Event(type=EventType.PASSWORD_CHANGED, user=changed, at=now, details=details)
            await self.tell(transaction, event)
            await end_sessions(transaction, self.tell, user.id, keep=keep, now=now)
            await transaction.commit()
        self.changes.announce(user.id)


def _is_as_before(current: User, earlier: User) -> bool:
    # An operator may give a password to a user who was disabled all along.
    return current.accepts_proof_for(earlier) or (
        current.credential_version == earlier.credential_version and not earlier.is_active
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePassword:
    """Let users choose a new password, if they know the old one."""

    users: UserDirectory
    check: PasswordCheck
    passwords: NewPasswords
    replace: ReplacePassword

    async def __call__(
        self,
        *,
        user: UserId,
        current_password: str,
        new_password: str,
        keep_session: SessionId | None = None,
        address: str | None = None,
        device: str | None = None,
    ) -> None:
        """Every session but `keep_session` ends at once.

        Args:
            address: where the request came from; wrong guesses are counted for it.
            device: a device token, if one came; those of a known device are counted for it.

        Raises:
            PasswordRejected: if the new one breaks a rule; the old one was not looked at.
            InvalidCredentials: if the old one is wrong.
            TooManyAttempts: if it was guessed at too often.
        """
        found = await self.users.find(user)
        if found is None:
            raise InvalidCredentials
        accepted = self.passwords.accept(new_password, about_user=found.publicly_known())
        await self.check(user=found, password=current_password, address=address, device=device)
        hashed = await self.passwords.hash(accepted)
        await self.replace(found, hashed, keep=keep_session)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPassword:
    """Let an operator with access to the machine give an account a new password."""

    users: UserDirectory
    passwords: NewPasswords
    replace: ReplacePassword

    async def __call__(self, *, user: UserId, new_password: str) -> None:
        """Every session of the user ends at once.

        Raises:
            UserNotFound: if there is no such user.
            PasswordRejected: if the new one breaks a rule.
            InvalidCredentials: if somebody else changed the password at the same time.
        """
        found = await self.users.find(user)
        if found is None:
            raise UserNotFound
        accepted = self.passwords.accept(new_password, about_user=found.publicly_known())
        hashed = await self.passwords.hash(accepted)
        await self.replace(found, hashed, keep=None, by="operator")
