"""Keeping the public keys of an issuer elsewhere."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

from hexkey.application.ports.issuer import Issuer, IssuerKeyRing, IssuerUnreachable
from hexkey.application.ports.system import Clock
from hexkey.domain.keys import JWKS_MAX_AGE, UnusableKey

ONCE_A_MINUTE = timedelta(seconds=60)  # for keys nobody knows: strangers can invent as many ids
LEAST_AGE, GREATEST_AGE = timedelta(seconds=60), timedelta(days=1)  # of what the issuer may say
AGAIN = timedelta(seconds=1)  # after an answer that did not come


@dataclass(slots=True, kw_only=True)
class FetchKeys:
    """Hold the keys that an issuer shows. Those of the last good answer stay until the next."""

    issuer: Issuer
    ring: IssuerKeyRing
    clock: Clock
    has_keys: bool = field(default=False, init=False)
    _due_at: float = field(default=float("-inf"), init=False)
    _asked_for_unknown_at: float = field(default=float("-inf"), init=False)
    _underway: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def __call__(self) -> None:
        """Fetch now.

        Raises:
            IssuerUnreachable: if there is no answer, or one that cannot be used.
        """
        async with self._underway:
            self._due_at = self.clock.monotonic() + AGAIN.total_seconds()
            published = await self.issuer.keys()
            try:
                self.ring.load(published.text)
            except UnusableKey as error:
                raise IssuerUnreachable(str(error)) from error
            self.has_keys = True
            said = JWKS_MAX_AGE if published.max_age is None else published.max_age
            age = min(max(said, LEAST_AGE), GREATEST_AGE)
            self._due_at = self.clock.monotonic() + age.total_seconds()

    @property
    def due_in(self) -> float:
        """Seconds until the keys are to be fetched again; not positive when they are."""
        return self._due_at - self.clock.monotonic()

    async def for_unknown_key(self) -> bool:
        """Fetch because of a key nobody knows, unless that was done less than a minute ago.

        Returns:
            Whether it was done now, by us or by somebody at the same time.
        """
        if self._underway.locked():
            async with self._underway:
                return True
        now = self.clock.monotonic()
        if now - self._asked_for_unknown_at < ONCE_A_MINUTE.total_seconds():
            return False
        self._asked_for_unknown_at = now
        try:
            await self()
        except IssuerUnreachable:
            return False
        return True
