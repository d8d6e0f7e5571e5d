"""argon2id in the PHC string format."""

import base64
import re
from dataclasses import dataclass

from hexkey.adapters.crypto.system import random_octets

SALT_OCTETS = 16
TAG_OCTETS = 32

MAX_MEMORY = 256 * 1024  # KiB
MAX_WORK = 1024 * 1024  # KiB in all passes: about a second
MAX_LANES = 16

_SCHEME = re.compile(r"\$argon2id\$v=19\$m=([1-9][0-9]{0,6}),t=([1-9][0-9]{0,2}),p=([1-9][0-9]?)\$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Argon2Cost:
    """What a hash costs.

    Attributes:
        memory: KiB.
        passes: over the memory.
        lanes: threads that share the work.
    """

    memory: int
    passes: int
    lanes: int

    def is_bearable(self) -> bool:
        """Whether verifying such a hash cannot be used against us."""
        return (
            8 * self.lanes <= self.memory <= MAX_MEMORY
            and self.memory * self.passes <= MAX_WORK
            and self.lanes <= MAX_LANES
        )

    @property
    def scheme(self) -> str:
        """As it stands in front of the salt."""
        return f"$argon2id$v=19$m={self.memory},t={self.passes},p={self.lanes}$"


class Argon2id:
    """argon2id (RFC 9106), version 1.3. The library is loaded when it is first needed."""

    @staticmethod
    def hash(password: bytes, *, cost: Argon2Cost) -> str:
        """A hash with a fresh salt."""
        from argon2 import low_level  # noqa: PLC0415 - costs memory that most deployments save

        encoded = low_level.hash_secret(
            password,
            random_octets(SALT_OCTETS),
            time_cost=cost.passes,
            memory_cost=cost.memory,
            parallelism=cost.lanes,
            hash_len=TAG_OCTETS,
            type=low_level.Type.ID,
        )
        return encoded.decode("ascii")

    def knows(self, scheme: str) -> bool:
        """Whether hashes of `scheme` can be verified at a bearable cost."""
        match = _SCHEME.fullmatch(scheme)
        if match is None:
            return False
        memory, passes, lanes = map(int, match.groups())
        return Argon2Cost(memory=memory, passes=passes, lanes=lanes).is_bearable()

    def verify(self, password: bytes, hashed: str) -> bool:
        """Whether `hashed`, of a known scheme, came from `password`."""
        from argon2 import exceptions, low_level  # noqa: PLC0415 - as above

        try:
            return low_level.verify_secret(hashed.encode("ascii"), password, low_level.Type.ID)
        except (exceptions.VerificationError, exceptions.InvalidHash):
            return False

    def decoy(self, scheme: str) -> str:
        """A hash of nothing."""
        return f"{scheme}{_random_digits(SALT_OCTETS)}${_random_digits(TAG_OCTETS)}"


def _random_digits(octets: int) -> str:
    return base64.b64encode(random_octets(octets)).decode("ascii").rstrip("=")
