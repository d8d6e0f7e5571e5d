"""Making a key that every instance can use."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hexkey.application.ports.keys import KeyMaker, KeySealer
from hexkey.domain.keys import SigningAlgorithm, SigningKey


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeKey:
    """Make a key beside others, off the event loop."""

    maker: KeyMaker
    sealer: KeySealer

    async def __call__(
        self, algorithm: SigningAlgorithm, *, beside: Sequence[SigningKey], now: datetime
    ) -> SigningKey:
        """Return a key that is announced and not yet stored.

        Raises:
            UnusableKey: if this process cannot open one of `beside`: a key sealed with another
                master secret than theirs would keep every other instance from starting.
            ValueError: for `HS256`, whose key comes from the master secret.
        """
        for key in beside:
            self.sealer.resealed(key)
        return await asyncio.to_thread(self.maker.make, algorithm, now=now)
