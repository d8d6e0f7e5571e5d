"""Bringing the stored keys into this process, and showing the public ones."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hexkey.application.ports.keys import KeyRing, SigningKeyStore
from hexkey.application.ports.system import Clock
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.keys import UnusableKey

_AT_MOST_EVERY = timedelta(seconds=1)


@dataclass(slots=True, kw_only=True)
class ReloadKeys:
    """Make the key ring hold what the store holds.

    Strangers can have it reloaded, too, but not often; that is counted apart, so that a key which
    was made a moment after a regular look is still looked for when its first token comes.
    """

    store: SigningKeyStore
    ring: KeyRing
    clock: Clock
    _tried_at: datetime | None = field(default=None, init=False)
    _underway: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def __call__(self) -> None:
        """Reload now.

        Raises:
            UnusableKey: if a stored key cannot be used; the ring is unchanged.
        """
        async with self._underway:
            self.ring.load(await self.store.all())

    async def if_usable(self) -> None:
        """Reload now; a stored key that cannot be used keeps the ring as it is.

        To be called every second: it is how an operator's new key, or the end of a leaked one,
        reaches every process. `RotateKeysWhenDue` says loudly what cannot be used.
        """
        with suppress(UnusableKey):
            await self()

    async def if_due(self) -> bool:
        """Reload, unless that was tried less than a second ago: forged tokens must cost nothing.

        A stored key that cannot be used keeps the ring as it is, and what it holds is still true;
        the next start will tell the operator.

        Returns:
            Whether it did, or somebody else did it in the meantime.
        """
        if self._underway.locked():
            async with self._underway:
                return True
        now = self.clock.now()
        if self._tried_at is not None and now - _AT_MOST_EVERY < self._tried_at <= now:
            return False
        self._tried_at = now
        try:
            await self()
        except UnusableKey:
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishKeys:
    """Show the keys by which others verify our tokens."""

    ring: KeyRing
    reload: ReloadKeys

    async def __call__(self) -> Sequence[dict[str, str]]:
        """Return the public keys, those of other instances included.

        While the store is away, the keys of this process are still true.
        """
        with suppress(TemporarilyUnavailable):
            await self.reload.if_due()
        return self.ring.published()
