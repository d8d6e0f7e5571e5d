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
from hexkey.domain.accounts.password import HashingOverloaded, Password
from hexkey.domain.accounts.user import User
from hexkey.domain.accounts.username import InvalidUsername
from hexkey.domain.authentication.credentials import MAX_LOGIN_LENGTH, InvalidCredentials


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticate:
    """Find out who is there, by a user name or an e-mail address and a password."""

    users: UserDirectory
    usernames: UsernameSyntax
    emails: EmailSyntax
    check: CheckPassword
    hasher: PasswordHasher
    store: AccountStore

    async def __call__(self, *, login: str, password: str, address: str | None = None) -> User:
        """Return the user, who is active.

        A hash made by an older scheme is replaced on the way.

        Args:
            login: a user name or an e-mail address, in any case.
            address: where the request came from; failures are counted for it.

        Raises:
            InvalidCredentials: for an unknown name and a wrong password alike.
            TooManyAttempts: if this account rests for this network.
            HashingOverloaded: if too many people are signing in.
        """
        user = await self._find(login)
        if user is None:
            await self.check.of_nobody(login=login, password=password, address=address)
            raise InvalidCredentials
        await self.check(user=user, password=password, address=address)
        return await self._rehashed(user, Password.typed(password))

    async def _find(self, login: str) -> User | None:
        if len(login) > MAX_LOGIN_LENGTH:
            return None
        try:
            if "@" in login:
                return await self.users.find_by_email(self.emails.parse(login).key)
            return await self.users.find_by_username(self.usernames.parse(login).key)
        except (InvalidEmail, InvalidUsername):
            return None

    async def _rehashed(self, user: User, password: Password) -> User:
        if user.password is None or self.hasher.scheme_of(user.password) == self.hasher.scheme:
            return user
        with suppress(HashingOverloaded):  # the sign-in succeeded; the next one can rehash
            upgraded = user.with_rehashed_password(await self.hasher.hash(password))
            async with self.store.begin() as transaction:
                if await transaction.users.replace(user, upgraded):
                    await transaction.commit()
                    return upgraded
        return user
