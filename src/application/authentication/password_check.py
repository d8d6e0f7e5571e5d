"""Comparing a password with a user's, at the same cost whatever comes out."""

import hashlib
from dataclasses import dataclass, field
from typing import NoReturn

from hexkey.application.audit.context import checked, current_request
from hexkey.application.authentication.live_schemes import LiveSchemes
from hexkey.application.authentication.throttling import Attempt, Throttle
from hexkey.application.ports.authentication import DeviceTokens
from hexkey.application.ports.passwords import PasswordHasher
from hexkey.domain.accounts.password import Password, PasswordHash
from hexkey.domain.accounts.user import User
from hexkey.domain.authentication.credentials import InvalidCredentials
from hexkey.domain.authentication.rules import Attempted, account_of
from hexkey.domain.errors import TemporarilyUnavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    """What one guess is compared with.

    Attributes:
        stored: the hash that decides, or one that stands in for it.
        decoys: one of every other live scheme.
        is_own: whether `stored` is the user's own.
        can_succeed: whether anybody may sign in with `stored`.
    """

    stored: PasswordHash = field(repr=False)
    decoys: tuple[PasswordHash, ...] = field(repr=False)
    is_own: bool
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
    throttle: Throttle
    devices: DeviceTokens

    async def __call__(
        self, *, user: User, password: str, address: str | None, device: str | None = None
    ) -> None:
        """Return if `password` is that of `user`, who may sign in.

        Args:
            device: a device token, if one came; anything that is none is as good as none.

        Raises:
            InvalidCredentials: otherwise.
            TooManyAttempts: if too many guesses came before.
            TemporarilyUnavailable: if the guess could not be looked at, or not be counted.
        """
        current_request().subject = user.id
        known = self.devices.read(device, user) if device else None
        attempted = Attempted(account=account_of(user), address=address, device=known)
        if not await self._proved(user, password=password, attempted=attempted):
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
        attempted = Attempted(account=digest, address=address)
        await self._proved(None, password=password, attempted=attempted)
        raise InvalidCredentials

    async def _proved(self, user: User | None, *, password: str, attempted: Attempted) -> bool:
        typed = Password.typed(password)
        if not checked("password.length", passed=not typed.over_long):
            return False
        async with self.throttle.attempt(attempted) as attempt:
            trial = await self._trial_of(user, attempt)
            matches = await self._verified(typed, trial, attempt)
            attempt.right = matches and trial.can_succeed
            _explain(user, matches=attempt.right or (matches and trial.is_own))
            if not attempt.right:
                for decoy in trial.decoys:
                    await self.hasher.verify(typed, decoy)
        return attempt.right

    async def _trial_of(self, user: User | None, attempt: Attempt) -> _Trial:
        try:
            return await self._trial(user)
        except TemporarilyUnavailable:
            attempt.looked_at = False
            raise

    async def _verified(self, typed: Password, trial: _Trial, attempt: Attempt) -> bool:
        try:
            return await self.hasher.verify(typed, trial.stored)
        except TemporarilyUnavailable:  # a full queue; the decoys may meet one, too, but later
            attempt.looked_at = False
            raise

    async def _trial(self, user: User | None) -> _Trial:
        decoys = dict(await self.schemes.decoys())
        stored = user.password if user is not None else None
        scheme = self.hasher.scheme_of(stored) if stored is not None else None
        if user is None or stored is None or scheme is None:
            stored = decoys.pop(self.hasher.scheme)
            return _Trial(
                stored=stored, decoys=tuple(decoys.values()), is_own=False, can_succeed=False
            )
        decoys.pop(scheme, None)
        return _Trial(
            stored=stored,
            decoys=tuple(decoys.values()),
            is_own=True,
            can_succeed=user.is_active,
        )


def _explain(user: User | None, *, matches: bool) -> None:
    checked("account.known", passed=user is not None)
    checked("account.active", passed=user is not None and user.is_active)
    checked("password.matches", passed=matches)
