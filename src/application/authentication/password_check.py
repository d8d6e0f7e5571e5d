"""Comparing a password with a user's, at the same cost whatever comes out."""

import hashlib
from dataclasses import dataclass, field
from typing import NoReturn

from hexkey.application.authentication.live_schemes import LiveSchemes
from hexkey.application.authentication.uncounted_guesses import UncountedGuesses
from hexkey.application.ports.authentication import FailureCounters
from hexkey.application.ports.passwords import PasswordHasher
from hexkey.application.ports.system import Clock
from hexkey.domain.accounts.password import Password, PasswordHash
from hexkey.domain.accounts.user import User
from hexkey.domain.authentication.credentials import InvalidCredentials
from hexkey.domain.authentication.throttle import network_of


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    """What one guess is compared with.

    Attributes:
        stored: the hash that decides, or one that stands in for it.
        decoys: one of every other live scheme.
        can_succeed: whether anybody may sign in with `stored`.
    """

    stored: PasswordHash = field(repr=False)
    decoys: tuple[PasswordHash, ...] = field(repr=False)
    can_succeed: bool


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
    uncounted: UncountedGuesses
    clock: Clock

    async def __call__(self, *, user: User, password: str, address: str | None) -> None:
        """Return if `password` is that of `user`, who may sign in.

        Raises:
            InvalidCredentials: otherwise.
            TooManyAttempts: if too many guesses came before.
            TemporarilyUnavailable: if the guess could not be looked at, or not be counted.
        """
        if not await self._proved(user, password=password, counter=_counter(user.id, address)):
            raise InvalidCredentials

    async def of_nobody(self, *, name: str, password: str, address: str | None) -> NoReturn:
        """Do for an unknown login name what is done for a known one.

        Args:
            name: in its canonical form, so that its spellings share one counter here, too.

        Raises:
            InvalidCredentials: always.
            TooManyAttempts, TemporarilyUnavailable: exactly when it would for a user.
        """
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
        await self._proved(None, password=password, counter=_counter(digest, address))
        raise InvalidCredentials

    async def _proved(self, user: User | None, *, password: str, counter: str) -> bool:
        typed = Password.typed(password)
        if typed.over_long:
            return False
        await self.uncounted.settle()
        earlier = await self.failures.find(counter)
        if earlier is not None:
            earlier.ensure_rested(now=self.clock.now())
        trial = await self._trial(user)
        if await self.hasher.verify(typed, trial.stored) and trial.can_succeed:
            if earlier is not None:
                await self.failures.clear(counter)
            return True
        # Committed before the refusal, and before the decoys, which a full queue may refuse: a
        # guess that was looked at is counted.
        await self.uncounted.count(counter)
        for decoy in trial.decoys:
            await self.hasher.verify(typed, decoy)
        return False

    async def _trial(self, user: User | None) -> _Trial:
        decoys = dict(await self.schemes.decoys())
        stored = user.password if user is not None else None
        scheme = self.hasher.scheme_of(stored) if stored is not None else None
        if user is None or stored is None or scheme is None:
            stored = decoys.pop(self.hasher.scheme)
            return _Trial(stored=stored, decoys=tuple(decoys.values()), can_succeed=False)
        decoys.pop(scheme, None)
        return _Trial(stored=stored, decoys=tuple(decoys.values()), can_succeed=user.is_active)


def _counter(account: str, address: str | None) -> str:
    return f"{account}|{network_of(address)}"
