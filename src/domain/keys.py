"""Signing keys: what they are called, what they may sign, and which one signs now."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import NewType, Self

from hexkey.domain.identifiers import KeyId

MAX_PUBLIC_JWK_LENGTH = 4096  # characters of JSON; RSA with 16384 bits fits
JWKS_MAX_AGE = timedelta(minutes=5)  # how long verifiers may go without asking for new keys
KEY_LIFETIME = timedelta(days=90)  # by default; far below what any of the algorithms would bear
CLOCK_MARGIN = timedelta(hours=1)  # clocks differ and step, and instances hear late

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


class SigningKeyNotFound(Exception):
    """There is no key of that id."""


class SigningKeyInUse(Exception):
    """The key signs new tokens; another one has to, before it may go."""


class SigningAlgorithm(Enum):
    """Ways to sign an access token. Every key has exactly one (RFC 8725 §3.1)."""

    ES256 = "ES256"
    EDDSA = "EdDSA"
    RS256 = "RS256"
    HS256 = "HS256"  # one shared secret: only for a deployment where nobody else verifies


class KeyState(Enum):
    """What a key is for; it moves down this list and never up."""

    ANNOUNCED = "announced"  # published, so that verifiers know it before it signs
    SIGNING = "signing"  # signs new tokens and verifies old ones; one per algorithm
    VERIFYING = "verifying"  # signed once; still believed, as long as its tokens live
    RETIRED = "retired"  # neither believed nor published; its private half is gone


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """An asymmetric key of the ring.

    Attributes:
        id: its RFC 7638 thumbprint; the `kid` of the tokens it signs.
        sealed_private_key: encrypted under a key derived from the master secret; empty once the
            key is retired.
        state_since: when it came into its state, by the clock of whoever moved it.
    """

    id: KeyId
    algorithm: SigningAlgorithm
    state: KeyState
    public_jwk: PublicJwk
    sealed_private_key: SealedKey = field(repr=False)
    created_at: datetime
    state_since: datetime

    @property
    def is_believed(self) -> bool:
        """Whether tokens that it signed are good, and verifiers should know it."""
        return self.state is not KeyState.RETIRED

    def age(self, now: datetime) -> timedelta:
        """How long it has been in its state; negative after a clock was set back."""
        return now - self.state_since

    def moved(self, state: KeyState, *, now: datetime) -> "SigningKey":
        """This key in a later state; a retired one keeps nothing to sign with."""
        sealed = SealedKey(b"") if state is KeyState.RETIRED else self.sealed_private_key
        return replace(self, state=state, state_since=now, sealed_private_key=sealed)

    def sealed_as(self, sealed: SealedKey) -> "SigningKey":
        """This key under another seal."""
        return replace(self, sealed_private_key=sealed)

    def published(self) -> dict[str, str]:
        """The key as it stands in the JWKS; holds no private member."""
        return {**self.public_jwk, "kid": self.id, "use": "sig", "alg": self.algorithm.value}


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationPolicy:
    """When keys move on by themselves.

    Attributes:
        lifetime: how long a key signs.
        announcement: how long it is published before; at least twice what verifiers may cache.
        retention: how long it is believed after it was replaced.

    Raises:
        ValueError: if verifiers could meet a key they do not know.
    """

    lifetime: timedelta
    announcement: timedelta
    retention: timedelta

    def __post_init__(self) -> None:
        if self.announcement < 2 * JWKS_MAX_AGE:
            raise ValueError("a key is to be published for two JWKS lifetimes before it signs")
        if self.lifetime <= self.announcement:
            raise ValueError("a key is to sign for longer than its successor is announced")

    @classmethod
    def for_tokens(cls, longest: timedelta, *, lifetime: timedelta = KEY_LIFETIME) -> Self:
        """The policy of a deployment whose tokens live for `longest`."""
        return cls(
            lifetime=lifetime,
            announcement=2 * JWKS_MAX_AGE + CLOCK_MARGIN,
            retention=longest + CLOCK_MARGIN,
        )


@dataclass(frozen=True, slots=True)
class Announce:
    """A fresh key is to be made and published."""


@dataclass(frozen=True, slots=True)
class Promote:
    """`announced` signs from now on, and `signing` only verifies."""

    announced: SigningKey
    signing: SigningKey | None


@dataclass(frozen=True, slots=True)
class Abandon:
    """`key` belongs to an algorithm that nobody is configured for any more."""

    key: SigningKey


@dataclass(frozen=True, slots=True)
class Retire:
    """No token of `key` can be alive."""

    key: SigningKey


Step = Announce | Promote | Abandon | Retire


def due_step(
    keys: Sequence[SigningKey],
    algorithm: SigningAlgorithm,
    *,
    policy: RotationPolicy,
    now: datetime,
) -> Step | None:
    """The next thing to do with `keys`, if any; ask again after it is done.

    A clock that was set back makes keys younger than they are: they stay longer, and no step
    comes early.

    Args:
        algorithm: of new tokens; keys of others end by age alone.
    """
    return (
        _succession(keys, algorithm, policy=policy, now=now)
        or _abandonment(keys, algorithm, policy=policy, now=now)
        or _retirement(keys, policy=policy, now=now)
    )


def _succession(
    keys: Sequence[SigningKey],
    algorithm: SigningAlgorithm,
    *,
    policy: RotationPolicy,
    now: datetime,
) -> Announce | Promote | None:
    """From one signing key to the next.

    A key is announced early enough to be known when its turn comes. It is promoted as soon as it
    is known, because an operator may have announced it before its time; and at once if no key
    signs, because then there is nothing to wait with.
    """
    if algorithm is SigningAlgorithm.HS256:  # its key is derived, and follows the master secret
        return None
    signing = key_in(keys, algorithm, KeyState.SIGNING)
    announced = key_in(keys, algorithm, KeyState.ANNOUNCED)
    if announced is not None:
        known = announced.age(now) >= policy.announcement
        return Promote(announced, signing) if known or signing is None else None
    due = signing is None or signing.age(now) >= policy.lifetime - policy.announcement
    return Announce() if due else None


def _abandonment(
    keys: Sequence[SigningKey],
    algorithm: SigningAlgorithm,
    *,
    policy: RotationPolicy,
    now: datetime,
) -> Abandon | None:
    """A key of another algorithm that its own instances would have replaced by now.

    Not earlier: while a change of the algorithm is rolled out, they still sign with it.
    """
    for key in keys:
        waits = key.state in (KeyState.ANNOUNCED, KeyState.SIGNING)
        overdue = key.age(now) >= policy.lifetime + policy.announcement
        if waits and overdue and key.algorithm is not algorithm:
            return Abandon(key)
    return None


def _retirement(
    keys: Sequence[SigningKey], *, policy: RotationPolicy, now: datetime
) -> Retire | None:
    for key in keys:
        if key.state is KeyState.VERIFYING and key.age(now) >= policy.retention:
            return Retire(key)
    return None


def key_in(
    keys: Sequence[SigningKey], algorithm: SigningAlgorithm, state: KeyState
) -> SigningKey | None:
    """The key of `algorithm` in `state`, of which the first two have one at most."""
    return next((k for k in keys if k.algorithm is algorithm and k.state is state), None)


def thumbprint(jwk: PublicJwk) -> KeyId:
    """SHA-256 thumbprint of a public key (RFC 7638 §3), base64url without padding.

    Raises:
        KeyError: if `jwk` lacks a required member or is of an unknown type.
    """
    members = {name: jwk[name] for name in _REQUIRED_MEMBERS[jwk["kty"]]}
    canonical = json.dumps(members, separators=(",", ":"), sort_keys=True).encode()
    digest = hashlib.sha256(canonical).digest()
    return KeyId(base64.urlsafe_b64encode(digest).rstrip(b"=").decode())
