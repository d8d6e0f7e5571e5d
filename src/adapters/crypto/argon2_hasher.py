"""Passwords under argon2id."""

from hexkey.adapters.crypto.argon2id_scheme import Argon2Cost, Argon2id
from hexkey.adapters.crypto.hashing_pool import HashingPool
from hexkey.adapters.crypto.pooled_hasher import PooledPasswordHasher
from hexkey.domain.accounts.password import PasswordScheme

MIN_MEMORY = 47_104  # KiB; OWASP's minimum for a single pass, and about 30 ms a hash in 2026


class Argon2PasswordHasher(PooledPasswordHasher):
    """Writes argon2id hashes.

    Args:
        memory: KiB for each hash, so `memory` times the pool's workers in all.
        passes: over the memory.
        lanes: threads for each hash; more than one only takes them from other sign-ins.

    Raises:
        ValueError: if this is weaker than 46 MiB in one pass, or dearer than is verified again.
    """

    def __init__(
        self, *, pool: HashingPool, memory: int = MIN_MEMORY, passes: int = 1, lanes: int = 1
    ) -> None:
        cost = Argon2Cost(memory=memory, passes=passes, lanes=lanes)
        if memory < MIN_MEMORY or passes < 1 or lanes < 1 or not cost.is_bearable():
            raise ValueError("argon2id needs 46 to 256 MiB, and at most 1 GiB in all passes")
        super().__init__(scheme=PasswordScheme(cost.scheme), pool=pool)
        self._cost = cost

    def _hash(self, password: bytes) -> str:
        return Argon2id.hash(password, cost=self._cost)
