"""Registering: how an account begins."""

from dataclasses import dataclass
from typing import ClassVar

from hexkey.application.accounts.new_password import NewPasswords
from hexkey.application.ports.accounts import AccountStore, EmailSyntax, UsernameSyntax
from hexkey.application.ports.system import Clock, IdGenerator
from hexkey.domain.accounts.profile import Profile
from hexkey.domain.accounts.user import User, known_about
from hexkey.domain.accounts.username import ensure_not_reserved
from hexkey.domain.errors import HexkeyError
from hexkey.domain.identifiers import UserId


class RegistrationClosed(HexkeyError):
    """This deployment takes no new users from outside."""

    code: ClassVar[str] = "registration_closed"
    message: ClassVar[str] = "Registration is closed."


class LoginNameRequired(HexkeyError):
    """Neither a user name nor an address was given, or not the one this deployment asks for."""

    code: ClassVar[str] = "login_name_required"
    message: ClassVar[str] = "A user name or an e-mail address is missing."


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationPolicy:
    """Who may register, and with what.

    Attributes:
        open: whether strangers may register at all; operators always may.
        username_required: refuse whoever gives no user name.
        email_required: refuse whoever gives no e-mail address.
    """

    open: bool = True
    username_required: bool = False
    email_required: bool = False

    def ensure_complete(self, *, username: str | None, email: str | None) -> None:
        """Raises: LoginNameRequired: if a name that must be given is not."""
        if username is None and (email is None or self.username_required):
            raise LoginNameRequired
        if email is None and self.email_required:
            raise LoginNameRequired


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterUser:
    """Make an account out of a name, an address or both, and a password."""

    store: AccountStore
    usernames: UsernameSyntax
    emails: EmailSyntax
    passwords: NewPasswords
    ids: IdGenerator
    clock: Clock
    policy: RegistrationPolicy

    async def __call__(
        self,
        *,
        username: str | None = None,
        email: str | None = None,
        password: str,
        full_name: str | None = None,
        by_operator: bool = False,
    ) -> User:
        """Return the new user.

        Args:
            by_operator: whether somebody with access to the machine asks, for whom registration
                is never closed and no name is reserved.

        Raises:
            RegistrationClosed, LoginNameRequired: if the policy says so.
            InvalidUsername, InvalidEmail, InvalidProfile, PasswordRejected: if a value breaks a
                rule; nothing was hashed.
            UsernameTaken, EmailTaken: if somebody has it.
        """
        if not (self.policy.open or by_operator):
            raise RegistrationClosed
        self.policy.ensure_complete(username=username, email=email)
        name = None if username is None else self.usernames.parse(username)
        if name is not None and not by_operator:
            ensure_not_reserved(name)
        address = None if email is None else self.emails.parse(email)
        profile = Profile.parse(full_name=full_name, picture=None)
        accepted = self.passwords.accept(password, about_user=known_about(name, address, profile))
        hashed = await self.passwords.hash(accepted)
        now = self.clock.now()
        user = User(
            id=UserId(self.ids.new()),
            username=name,
            email=address,
            profile=profile,
            password=hashed,
            created_at=now,
            updated_at=now,
        )
        async with self.store.begin() as transaction:
            await transaction.users.add(user)
            await transaction.commit()
        return user
