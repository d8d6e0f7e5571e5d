"""Proving that one has read a mail: the way from a link or a code to the token it stands for."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from hexkey.application.ports.accounts import (
    AccountStore,
    AccountTransaction,
    EmailSyntax,
    UserDirectory,
)
from hexkey.application.ports.one_time_tokens import OneTimeSecrets
from hexkey.application.ports.system import Clock
from hexkey.domain.accounts.email import EmailAddress, InvalidEmail
from hexkey.domain.accounts.one_time_token import (
    InvalidOrExpiredToken,
    OneTimeToken,
    Purpose,
    subject_of,
)
from hexkey.domain.accounts.user import User

# What a mail to confirm an address carries: for an account that is there, and for one to begin.
CONFIRMING = (Purpose.VERIFY_EMAIL, Purpose.REGISTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAtToken:
    """Find out whether a link would work, and change nothing."""

    store: AccountStore
    users: UserDirectory
    secrets: OneTimeSecrets
    clock: Clock

    async def __call__(self, *, token: str, purposes: Collection[Purpose]) -> OneTimeToken:
        """Return the token, which stood when it was looked at; `spend` asks again.

        Raises:
            InvalidOrExpiredToken: if it does not work here, for whatever reason.
        """
        digest = self.secrets.digest(token)
        if digest is None:
            raise InvalidOrExpiredToken
        async with self.store.begin() as transaction:
            found = await transaction.one_time_tokens.find(digest)
        if found is None or found.purpose not in purposes:
            raise InvalidOrExpiredToken
        # Asked without a lock: whoever changes tokens has locked their user before.
        user = await self.users.find(found.user) if found.user is not None else None
        ensure_usable(found, user, now=self.clock.now())
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class TryCode:
    """Compare a typed code with the one that was mailed; only so many tries are free."""

    store: AccountStore
    emails: EmailSyntax
    secrets: OneTimeSecrets
    clock: Clock

    async def __call__(
        self,
        *,
        purposes: Sequence[Purpose],
        email: str,
        code: str,
        flow: str | None,
        flow_demanded: bool,
    ) -> OneTimeToken:
        """Return the token whose code that is; the try is spent, right or wrong.

        An unknown address costs as much as a wrong code: there is a token for it, too, which
        nobody can use.

        Raises:
            InvalidOrExpiredToken: if there is none, of these purposes, for that address.
        """
        address = self._address(email)
        flow_digest = self.secrets.digest(flow) if flow is not None else None
        if address is None or (flow_digest is None and (flow_demanded or flow is not None)):
            raise InvalidOrExpiredToken
        tried = []
        async with self.store.begin() as transaction:
            for purpose in purposes:
                tried += await self._spend_try(transaction, purpose, address, flow_digest)
            await transaction.commit()  # before the comparison, so that each try is counted
        right = [token for token in tried if self.secrets.is_code(token.id, code)]
        if not right:
            raise InvalidOrExpiredToken
        return right[0]

    async def _spend_try(
        self,
        transaction: AccountTransaction,
        purpose: Purpose,
        address: EmailAddress,
        flow_digest: str | None,
    ) -> list[OneTimeToken]:
        tokens, subject = (
            transaction.one_time_tokens,
            subject_of(purpose, user=None, address=address),
        )
        found = await tokens.find_for(purpose, subject)
        if found is None or not found.takes_codes(now=self.clock.now()):
            return []
        # Whoever asked from another browser must not be able to use up the tries of this one.
        if flow_digest is not None and not found.is_of_flow(flow_digest):
            return []
        tried = found.tried()
        return [tried] if await tokens.replace(found, tried) else []

    def _address(self, email: str) -> EmailAddress | None:
        with suppress(InvalidEmail):
            return self.emails.parse(email)
        return None


def ensure_usable(token: OneTimeToken, user: User | None, *, now: datetime) -> None:
    """Raises: InvalidOrExpiredToken: if `token` does not do its act to `user` at this moment."""
    if not token.is_live(now=now):
        raise InvalidOrExpiredToken
    if token.user is not None and (user is None or not token.fits(user)):
        raise InvalidOrExpiredToken
    if token.user is None and token.content is None:  # put for an address that means nobody
        raise InvalidOrExpiredToken


async def spend(
    transaction: AccountTransaction, seen: OneTimeToken, *, now: datetime
) -> User | None:
    """Use up the token that was `seen`, and return its user, as both are in this transaction.

    Raises:
        InvalidOrExpiredToken: if it has been used, replaced or voided meanwhile; nothing changed.
    """
    # The user first: so does everybody, and nobody waits for each other in a circle.
    user = await transaction.users.find(seen.user) if seen.user is not None else None
    token = await transaction.one_time_tokens.find(seen.digest)
    if token is None:
        raise InvalidOrExpiredToken
    ensure_usable(token, user, now=now)
    if not await transaction.one_time_tokens.replace(token, token.used(now=now)):
        raise InvalidOrExpiredToken
    return user


async def spend_for(transaction: AccountTransaction, seen: OneTimeToken, *, now: datetime) -> User:
    """Do what `spend` does, for a token that has a user."""
    user = await spend(transaction, seen, now=now)
    if user is None:
        raise InvalidOrExpiredToken
    return user
