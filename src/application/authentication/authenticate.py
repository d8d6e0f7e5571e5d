"""Authenticating: from a login name and a password to a user."""

from contextlib import suppress
from dataclasses import dataclass

from hexkey.application.authentication.password_check import CheckPassword
from hexkey.application.ports.accounts import (
    AccountStore,
    EmailSyntax,
    UserDirectory,
    UsernameSyntax,
)
from hexkey.application.ports.passwords import PasswordHasher
from hexkey.domain.accounts.email import InvalidEmail
from hexkey.domain.accounts.password import Password
from hexkey.domain.accounts.user import User
from hexkey.domain.accounts.username import InvalidUsername
from hexkey.domain.authentication.credentials import MAX_LOGIN_LENGTH, InvalidCredentials
from hexkey.domain.errors import TemporarilyUnavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticate:
    """Find out who is there, by a user name or an e-mail address and a password."""

    users: UserDirectory
    usernames: UsernameSyntax
    emails: EmailSyntax
    check: CheckPassword
    hasher: PasswordHasher
    store: AccountStore

    async def __call__(
        self,
        *,
        login: str,
        password: str,
        address: str | None = None,
        device: str | None = None,
    ) -> User:
        """Return the user, who is active.

        A hash made by an older scheme is replaced on the way.

        Args:
            login: a user name or an e-mail address, in any case.
            address: where the request came from; failures are counted for it.
            device: a device token, if one came; failures of a known device are counted for it.

        Raises:
            InvalidCredentials: for an unknown name and a wrong password alike.
            TooManyAttempts: if this account rests for this network.
            HashingOverloaded: if too many people are signing in.
            TemporarilyUnavailable: if the store cannot be read, or a failure not be counted.
        """
        name, user = await self._find(login)
        if user is None:
            await self.check.of_nobody(name=name, password=password, address=address)
        await self.check(user=user, password=password, address=address, device=device)
        return await self._rehashed(user, Password.typed(password)) or await self._now(user)

    async def _find(self, login: str) -> tuple[str, User | None]:
        """The canonical form of `login`, as far as it has one, and whose name that is."""
        if len(login) > MAX_LOGIN_LENGTH:
            return login, None
        try:
            if "@" in login:
                key = self.emails.parse(login).key
                return key, await self.users.find_by_email(key)
            key = self.usernames.parse(login).key
            return key, await self.users.find_by_username(key)
        except (InvalidEmail, InvalidUsername):
            return login, None

    async def _rehashed(self, user: User, password: Password) -> User | None:
        """The user under today's scheme; `None` if that was not needed, or not to be had."""
        if user.password is None or self.hasher.scheme_of(user.password) == self.hasher.scheme:
            return None
        with suppress(TemporarilyUnavailable):  # the password was right; the next one can rehash
            upgraded = user.with_rehashed_password(await self.hasher.hash(password))
            async with self.store.begin() as transaction:
                if await transaction.users.replace(user, upgraded):
                    await transaction.commit()
                    return upgraded
        return None

    async def _now(self, user: User) -> User:
        """The user as stored after the hashing, which took a while.

        Raises:
            InvalidCredentials: if a disabling or another password came in between.
        """
        current = await self.users.find(user.id)
        if current is None or not current.accepts_proof_for(user):
            raise InvalidCredentials
        return current
