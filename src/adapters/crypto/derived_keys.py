"""One key per purpose, all from one master secret."""

from dataclasses import dataclass, field
from enum import Enum

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MIN_SECRET_OCTETS = 32


@dataclass(frozen=True, slots=True)
class MasterSecret:
    """The one secret that a deployment keeps outside its database.

    Raises:
        ValueError: if it is shorter than 32 octets.
    """

    octets: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.octets) < MIN_SECRET_OCTETS:
            raise ValueError(f"the master secret needs at least {MIN_SECRET_OCTETS} octets")


class Purpose(Enum):
    """What a derived key is for. A value may never change, nor be used again for another."""

    SIGNING_KEY_SEALING = "signing-key-sealing/v1"
    HS256_TOKENS = "hs256-tokens/v1"
    HS256_KEY_ID = "hs256-key-id/v1"
    CURSORS = "cursors/v1"


class DerivedKeys:
    """HKDF-SHA-256 (RFC 5869) of the master secret, with the purpose as its label.

    Keys of two purposes tell nothing about each other, so what was made for one is never
    accepted for another (ASVS 11.1.1).
    """

    def __init__(self, master: MasterSecret) -> None:
        self._keys = {purpose: _derive(master.octets, purpose) for purpose in Purpose}

    def key(self, purpose: Purpose) -> bytes:
        """256 bits, the same at every start."""
        return self._keys[purpose]


def _derive(secret: bytes, purpose: Purpose) -> bytes:
    label = f"hexkey/{purpose.value}".encode("ascii")
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=label).derive(secret)
