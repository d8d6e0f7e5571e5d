"""One key per purpose, all from one master secret."""

from dataclasses import dataclass, field
from enum import Enum

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MIN_SECRET_OCTETS = 32


@dataclass(frozen=True, slots=True)
class MasterSecret:
    """The one secret that a deployment keeps outside its database.

    Attributes:
        previous: the other one of a rotation: what it made is still read, and nothing is made
            with it.

    Raises:
        ValueError: if either is shorter than 32 octets.
    """

    octets: bytes = field(repr=False)
    previous: bytes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        given = (self.octets,) if self.previous is None else (self.octets, self.previous)
        if min(map(len, given)) < MIN_SECRET_OCTETS:
            raise ValueError(f"a master secret needs at least {MIN_SECRET_OCTETS} octets")


class Purpose(Enum):
    """What a derived key is for. A value may never change, nor be used again for another."""

    SIGNING_KEY_SEALING = "signing-key-sealing/v1"
    SEALING_KEY_ID = "sealing-key-id/v1"
    REFRESH_TOKENS = "refresh-tokens/v1"
    HS256_TOKENS = "hs256-tokens/v1"
    HS256_KEY_ID = "hs256-key-id/v1"
    CURSORS = "cursors/v1"
    ONE_TIME_LINKS = "one-time-links/v1"
    ONE_TIME_CODES = "one-time-codes/v1"
    SETUP_TOKEN = "setup-token/v1"  # noqa: S105 - a label
    WEBHOOK_SECRETS = "webhook-secrets/v1"
    AUDIT_CHAIN = "audit-chain/v1"
    DEVICE_TOKENS = "device-tokens/v1"


class DerivedKeys:
    """HKDF-SHA-256 (RFC 5869) of the master secret, with the purpose as its label.

    Keys of two purposes tell nothing about each other, so what was made for one is never
    accepted for another (ASVS 11.1.1).
    """

    def __init__(self, master: MasterSecret) -> None:
        secrets = (master.octets,) if master.previous is None else (master.octets, master.previous)
        self._keys = {
            purpose: tuple(_derive(secret, purpose) for secret in secrets) for purpose in Purpose
        }

    def key(self, purpose: Purpose) -> bytes:
        """256 bits to write with, the same at every start."""
        return self._keys[purpose][0]

    def readable(self, purpose: Purpose) -> tuple[bytes, ...]:
        """The keys to read with: that of the present secret, then that of the previous one."""
        return self._keys[purpose]


def _derive(secret: bytes, purpose: Purpose) -> bytes:
    label = f"hexkey/{purpose.value}".encode("ascii")
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=label).derive(secret)
