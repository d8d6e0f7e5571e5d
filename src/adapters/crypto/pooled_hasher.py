"""What all password hashers share: they verify every scheme, in the pool."""

from typing import Protocol

from hexkey.adapters.crypto.argon2id_scheme import Argon2id
from hexkey.adapters.crypto.bcrypt_schemes import BcryptSha256, PlainBcrypt
from hexkey.adapters.crypto.hashing_pool import HashingPool
from hexkey.application.ports.passwords import PasswordHasher
from hexkey.domain.accounts.password import Password, PasswordHash, PasswordScheme, scheme_of


class _Family(Protocol):
    def knows(self, scheme: str) -> bool: ...
    def verify(self, password: bytes, hashed: str) -> bool: ...
    def decoy(self, scheme: str) -> str: ...


_FAMILIES: tuple[_Family, ...] = (BcryptSha256(), Argon2id(), PlainBcrypt())


class PooledPasswordHasher(PasswordHasher):
    """Verifies whatever any hasher of Hexkey ever wrote; subclasses say how to write.

    Args:
        scheme: of new hashes.
        pool: where the work is done.
    """

    def __init__(self, *, scheme: PasswordScheme, pool: HashingPool) -> None:
        self._scheme = scheme
        self._pool = pool

    @property
    def scheme(self) -> PasswordScheme:
        return self._scheme

    async def hash(self, password: Password) -> PasswordHash:
        return PasswordHash(await self._pool.run(self._hash, _octets(password)))

    async def verify(self, password: Password, hashed: PasswordHash) -> bool:
        family = _family_of(self.scheme_of(hashed))
        if family is None:
            return False
        same = await self._pool.run(family.verify, _octets(password), hashed)
        # Whatever is stored, nothing typed is no proof.
        return same and password.text != ""

    def scheme_of(self, hashed: PasswordHash) -> PasswordScheme | None:
        scheme = scheme_of(hashed)
        return scheme if _family_of(scheme) is not None else None

    def decoy(self, scheme: PasswordScheme) -> PasswordHash:
        family = _family_of(scheme)
        if family is None:
            raise ValueError("nobody can verify hashes of this scheme")
        return PasswordHash(family.decoy(scheme))

    def _hash(self, password: bytes) -> str:
        raise NotImplementedError


def _family_of(scheme: PasswordScheme | None) -> _Family | None:
    if scheme is None:
        return None
    return next((family for family in _FAMILIES if family.knows(scheme)), None)


def _octets(password: Password) -> bytes:
    # A lone surrogate is in no accepted password, but may be typed; it must not raise.
    return password.text.encode("utf-8", "surrogatepass")
