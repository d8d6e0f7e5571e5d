"""Passwords under scrypt (RFC 7914), from the standard library."""

import base64
import hashlib
import hmac
import re
from typing import Any

from hexkey.adapters.crypto.bcrypt_hasher import BcryptPasswordHasher
from hexkey.adapters.crypto.hashing_pool import HashingPool
from hexkey.application.ports.passwords import PasswordHasher
from hexkey.application.ports.system import SecretGenerator
from hexkey.domain.accounts.password import Password, PasswordHash, PasswordScheme

SCHEME = PasswordScheme("$scrypt$ln=15,r=8,p=3$")  # OWASP's choice with 32 MiB
_SHAPE = re.compile(re.escape(SCHEME) + r"([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})")


class ScryptPasswordHasher(PasswordHasher):
    """Writes `$scrypt$ln=15,r=8,p=3$salt$digest`; old hashes are left to Hexkey.

    Args:
        pool: where the work is done; it refuses when too much waits.
        secrets: where salts come from.
        older: verifies whatever was stored before this hasher was chosen.
    """

    def __init__(
        self, *, pool: HashingPool, secrets: SecretGenerator, older: PasswordHasher
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._older = older

    @property
    def scheme(self) -> PasswordScheme:
        return SCHEME

    async def hash(self, password: Password) -> PasswordHash:
        salt = self._salt()
        digest = await self._pool.run(_digest, _octets(password), salt)
        return PasswordHash(f"{SCHEME}{_text(salt)}${_text(digest)}")

    async def verify(self, password: Password, hashed: PasswordHash) -> bool:
        match = _SHAPE.fullmatch(hashed)
        if match is None:
            return await self._older.verify(password, hashed)
        salt, digest = map(_decoded, match.groups())
        found = await self._pool.run(_digest, _octets(password), salt)
        return hmac.compare_digest(found, digest) and password.text != ""

    def scheme_of(self, hashed: PasswordHash) -> PasswordScheme | None:
        return SCHEME if _SHAPE.fullmatch(hashed) else self._older.scheme_of(hashed)

    def decoy(self, scheme: PasswordScheme) -> PasswordHash:
        if scheme != SCHEME:
            return self._older.decoy(scheme)
        digest = hashlib.sha256(self._salt()).digest()  # of no password
        return PasswordHash(f"{SCHEME}{_text(self._salt())}${_text(digest)}")

    def _salt(self) -> bytes:
        return base64.urlsafe_b64decode(self._secrets.secret() + "=")[:16]


def make(container: Any) -> ScryptPasswordHasher:
    """Called once, with the container of the deployment."""
    pool = container.hashing_pool()
    return ScryptPasswordHasher(
        pool=pool, secrets=container.secrets(), older=BcryptPasswordHasher(pool=pool)
    )


def _digest(password: bytes, salt: bytes) -> bytes:
    # 128 * N * r octets, and a little more that OpenSSL wants
    return hashlib.scrypt(password, salt=salt, n=2**15, r=8, p=3, maxmem=64 * 2**20, dklen=32)


def _octets(password: Password) -> bytes:
    return password.text.encode("utf-8", "surrogatepass")


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii").rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))
