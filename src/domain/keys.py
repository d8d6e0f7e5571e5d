"""Signing keys: what they are called, what they may sign, and which one signs now."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import NewType

from hexkey.domain.identifiers import KeyId

MAX_PUBLIC_JWK_LENGTH = 4096  # characters of JSON; RSA with 16384 bits fits

SealedKey = NewType("SealedKey", bytes)
"""A private key as it may be stored: encrypted and authenticated."""

PublicJwk = Mapping[str, str]
"""The public members of a JSON Web Key (RFC 7517), without `kid`, `use` and `alg`."""

# RFC 7638 §3.2: the members that identify a key, and nothing else.
_REQUIRED_MEMBERS = {
    "EC": ("crv", "kty", "x", "y"),
    "RSA": ("e", "kty", "n"),
    "OKP": ("crv", "kty", "x"),
}


class UnusableKey(Exception):
    """A stored key cannot be unsealed (another master secret?) or is too weak to be trusted."""


class SigningAlgorithm(Enum):
    """Ways to sign an access token. Every key has exactly one (RFC 8725 §3.1)."""

    ES256 = "ES256"
    EDDSA = "EdDSA"
    RS256 = "RS256"
    HS256 = "HS256"  # one shared secret: only for a deployment where nobody else verifies


class KeyState(Enum):
    """What a key is for."""

    SIGNING = "signing"  # signs new tokens and verifies old ones; one per algorithm
    VERIFYING = "verifying"  # signed once; still believed


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """An asymmetric key of the ring.

    Attributes:
        id: its RFC 7638 thumbprint; the `kid` of the tokens it signs.
        sealed_private_key: encrypted under a key derived from the master secret.
    """

    id: KeyId
    algorithm: SigningAlgorithm
    state: KeyState
    public_jwk: PublicJwk
    sealed_private_key: SealedKey = field(repr=False)
    created_at: datetime

    def published(self) -> dict[str, str]:
        """The key as it stands in the JWKS; holds no private member."""
        return {**self.public_jwk, "kid": self.id, "use": "sig", "alg": self.algorithm.value}


def thumbprint(jwk: PublicJwk) -> KeyId:
    """SHA-256 thumbprint of a public key (RFC 7638 §3), base64url without padding.

    Raises:
        KeyError: if `jwk` lacks a required member or is of an unknown type.
    """
    members = {name: jwk[name] for name in _REQUIRED_MEMBERS[jwk["kty"]]}
    canonical = json.dumps(members, separators=(",", ":"), sort_keys=True).encode()
    digest = hashlib.sha256(canonical).digest()
    return KeyId(base64.urlsafe_b64encode(digest).rstrip(b"=").decode())
