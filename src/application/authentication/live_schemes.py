"""Which password schemes are in use, so that a failure can cost the same for every account."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hexkey.application.ports.accounts import UserDirectory
from hexkey.application.ports.passwords import PasswordHasher
from hexkey.application.ports.system import Clock
from hexkey.domain.accounts.password import PasswordHash, PasswordScheme

_REFRESH_EVERY = timedelta(minutes=1)


@dataclass(slots=True, kw_only=True)
class LiveSchemes:
    """The schemes of all stored hashes, and a decoy for each."""

    users: UserDirectory
    hasher: PasswordHasher
    clock: Clock
    _decoys: Mapping[PasswordScheme, PasswordHash] = field(
        default_factory=dict, init=False, repr=False
    )
    _read_at: datetime | None = field(default=None, init=False)
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def decoys(self) -> Mapping[PasswordScheme, PasswordHash]:
        """A decoy hash for every scheme that any account uses, or that new ones will.

        Always the whole set: whoever comes while it is read waits for it, and a reading that
        failed does not count as one.
        """
        if self._outdated():
            async with self._reading:
                if self._outdated():
                    await self._read()
        return self._decoys

    def _outdated(self) -> bool:
        now = self.clock.now()
        return self._read_at is None or not now - _REFRESH_EVERY < self._read_at <= now

    async def _read(self) -> None:
        now = self.clock.now()
        decoys = {}
        for scheme in await self.users.password_schemes() | {self.hasher.scheme}:
            with suppress(ValueError):  # nobody can sign in with it, so it costs nobody anything
                decoys[scheme] = self.hasher.decoy(scheme)
        self._decoys, self._read_at = decoys, now
