"""A password hasher that does no work, for measuring everything around the hash.

`HEXKEY_PASSWORD_HASHER=benchmarks.no_hashing:no_hashing` puts it in the place of a real one, as
any deployment can do with its own. Never use it for a password that somebody relies on.
"""

import hashlib
from typing import Any

from hexkey.application.ports.passwords import PasswordHasher
from hexkey.domain.accounts.password import Password, PasswordHash, PasswordScheme, scheme_of

_SCHEME = PasswordScheme("$argon2id$v=19$m=8,t=1,p=1$")  # the shape, so that stores can read it
_SALT = "AAAAAAAAAAAAAAAAAAAAAA"


class NoHashing(PasswordHasher):
    """One SHA-256, on the event loop, with a constant salt."""

    @property
    def scheme(self) -> PasswordScheme:
        return _SCHEME

    async def hash(self, password: Password) -> PasswordHash:
        digest = hashlib.sha256(password.text.encode()).hexdigest()[:43]
        return PasswordHash(f"{_SCHEME}{_SALT}${digest}")

    async def verify(self, password: Password, hashed: PasswordHash) -> bool:
        return await self.hash(password) == hashed

    def scheme_of(self, hashed: PasswordHash) -> PasswordScheme | None:
        return _SCHEME if scheme_of(hashed) == _SCHEME else None

    def decoy(self, scheme: PasswordScheme) -> PasswordHash:
        return PasswordHash(f"{scheme}{_SALT}${'B' * 43}")


def no_hashing(_container: Any) -> NoHashing:
    """Make one; called by Hexkey's container."""
    return NoHashing()
