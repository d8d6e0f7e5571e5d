"""Which password schemes are in use, so that a failure can cost the same for every account."""

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
    _decoys: dict[PasswordScheme, PasswordHash] = field(default_factory=dict)
    _read_at: datetime | None = None

    async def decoys(self) -> dict[PasswordScheme, PasswordHash]:
        """A decoy hash for every scheme that any account uses, or that new ones will."""
        now = self.clock.now()
        if self._read_at is None or not now - _REFRESH_EVERY < self._read_at <= now:
            self._read_at = now  # before the await: one reader at a time is enough
            stored = await self.users.password_schemes()
            self._decoys = {s: self.hasher.decoy(s) for s in stored | {self.hasher.scheme}}
        return self._decoys
