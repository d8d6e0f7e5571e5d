"""Comparing a password with a user's, at the same cost whatever comes out."""

import hashlib
from dataclasses import dataclass

from hexkey.application.authentication.live_schemes import LiveSchemes
from hexkey.application.ports.authentication import FailureCounters
from hexkey.application.ports.passwords import PasswordHasher
from hexkey.application.ports.system import Clock
from hexkey.domain.accounts.password import Password
from hexkey.domain.accounts.user import User
from hexkey.domain.authentication.credentials import InvalidCredentials
from hexkey.domain.authentication.throttle import network_of


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPassword:
    """The one place where a password is compared, for every flow that asks for one.

    Guesses are counted here, so that no new route can forget it. A failure verifies against one
    hash of every live scheme, so that neither an unknown name, nor an account whose hash is older
    than the others, answers faster or slower (CVE-2021-29621).
    """

    hasher: PasswordHasher
    schemes: LiveSchemes
    failures: FailureCounters
    clock: Clock

    async def __call__(self, *, user: User, password: str, address: str | None) -> None:
        """Return if `password` is that of `user`, who may sign in.

        Raises:
            InvalidCredentials: otherwise.
            TooManyAttempts: if too many guesses came before.
        """
        await self._check(user, password=password, counter=_counter(user.id, address))

    async def of_nobody(self, *, login: str, password: str, address: str | None) -> None:
        """Do for an unknown login name what is done for a known one.

        Raises:
            InvalidCredentials: always.
            TooManyAttempts: exactly when it would for a user.
        """
        name = hashlib.sha256(login.casefold().encode("utf-8", "surrogatepass")).hexdigest()
        await self._check(None, password=password, counter=_counter(name, address))

    async def _check(self, user: User | None, *, password: str, counter: str) -> None:
        typed = Password.typed(password)
        if typed.over_long:
            raise InvalidCredentials
        earlier = await self.failures.find(counter)
        if earlier is not None:
            earlier.ensure_rested(now=self.clock.now())
        if await self._matches(user, typed):
            if earlier is not None:
                await self.failures.clear(counter)
            return
        # A transaction of its own: the count must outlive the refusal.
        await self.failures.record(counter, now=self.clock.now())
        raise InvalidCredentials

    async def _matches(self, user: User | None, password: Password) -> bool:
        decoys = dict(await self.schemes.decoys())
        stored = user.password if user is not None else None
        scheme = self.hasher.scheme_of(stored) if stored is not None else None
        if stored is None or scheme is None:
            scheme = self.hasher.scheme
            stored = decoys[scheme]
            user = None
        same = await self.hasher.verify(password, stored)
        if same and user is not None and user.is_active:
            return True
        decoys.pop(scheme, None)
        for decoy in decoys.values():
            await self.hasher.verify(password, decoy)
        return False


def _counter(account: str, address: str | None) -> str:
    return f"{account}|{network_of(address)}"
