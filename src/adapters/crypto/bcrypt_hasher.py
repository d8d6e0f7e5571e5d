"""Passwords under bcrypt."""

from hexkey.adapters.crypto.bcrypt_schemes import BcryptSha256
from hexkey.adapters.crypto.hashing_pool import HashingPool
from hexkey.adapters.crypto.pooled_hasher import PooledPasswordHasher
from hexkey.domain.accounts.password import PasswordScheme

DEFAULT_COST = 12  # about 0.2 s a hash in 2026
MIN_COST = 10  # OWASP's minimum
MAX_COST = 16  # about 3 s a hash


class BcryptPasswordHasher(PooledPasswordHasher):
    """Writes `$bcrypt-sha256$v=2` hashes.

    Args:
        cost: log2 of the number of rounds, 10 to 16; each step doubles the time.

    Raises:
        ValueError: if `cost` is out of these bounds.
    """

    def __init__(self, *, pool: HashingPool, cost: int = DEFAULT_COST) -> None:
        if not MIN_COST <= cost <= MAX_COST:
            raise ValueError(f"a bcrypt cost must be between {MIN_COST} and {MAX_COST}")
        super().__init__(scheme=PasswordScheme(BcryptSha256.scheme(cost)), pool=pool)
        self._cost = cost

    def _hash(self, password: bytes) -> str:
        return BcryptSha256.hash(password, cost=self._cost)
