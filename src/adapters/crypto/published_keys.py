"""The public keys of an issuer elsewhere, from its JWK set (RFC 7517)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from jwt.exceptions import PyJWTError

from hexkey.adapters.crypto.key_material import MIN_RSA_BITS, RSA_EXPONENT, PublicKey, public_jwk
from hexkey.application.ports.issuer import IssuerKeyRing
from hexkey.domain.identifiers import KeyId
from hexkey.domain.keys import SigningAlgorithm, UnusableKey, thumbprint

MOST_KEYS = 32  # Hexkey shows three or four

# Symmetric, or the private half of a pair (RFC 7518 §6); whoever shows one is no issuer to trust.
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_BY_TYPE: Mapping[SigningAlgorithm, Any] = {
    SigningAlgorithm.ES256: ECAlgorithm,
    SigningAlgorithm.EDDSA: OKPAlgorithm,
    SigningAlgorithm.RS256: RSAAlgorithm,
}


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """A key that can only verify, with its one algorithm."""

    algorithm: SigningAlgorithm
    public: PublicKey


@dataclass(frozen=True, slots=True)
class PublishedKeys:
    """What one load made."""

    by_id: Mapping[KeyId, PublishedKey]


class PublishedKeyRing(IssuerKeyRing):
    """Believes keys whose id is their thumbprint, and that Hexkey could have made.

    So nobody can put a key in another's place, and a key has exactly one algorithm.
    """

    def __init__(self) -> None:
        self._contents = PublishedKeys({})
        self._text = ""

    @property
    def contents(self) -> PublishedKeys:
        """The keys of now; the same object until a load changes something."""
        return self._contents

    def load(self, text: str) -> None:
        if text == self._text:
            return
        self._contents = PublishedKeys(_keys(text))
        self._text = text


def _keys(text: str) -> dict[KeyId, PublishedKey]:
    try:
        members = json.loads(text)["keys"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise UnusableKey("the answer is no JWK set") from None
    if not isinstance(members, list) or not 0 < len(members) <= MOST_KEYS:
        raise UnusableKey("the JWK set has no keys, or far too many")
    keys = dict(map(_parsed, members))
    if len(keys) != len(members):
        raise UnusableKey("the JWK set has a key twice")
    return keys


def _parsed(jwk: object) -> tuple[KeyId, PublishedKey]:
    if not isinstance(jwk, dict) or not all(isinstance(it, str) for it in jwk.values()):
        raise UnusableKey("the JWK set holds what is no key of Hexkey's")
    if not _PRIVATE.isdisjoint(jwk):
        raise UnusableKey("the JWK set shows a private or a symmetric key")
    try:
        algorithm = SigningAlgorithm(jwk["alg"])
        public = _BY_TYPE[algorithm].from_jwk(jwk)
        named, key_id = public_jwk(public), KeyId(jwk["kid"])
    except (KeyError, ValueError, PyJWTError):
        raise UnusableKey("the JWK set holds a key that cannot be read") from None
    if not _is_strong(public) or thumbprint(named) != key_id or jwk.get("use") != "sig":
        raise UnusableKey("the JWK set holds a key that is weak, or not what it says")
    return key_id, PublishedKey(algorithm, public)


def _is_strong(key: object) -> bool:
    """Whether Hexkey could have made it; the algorithm has settled its kind, but not its curve."""
    match key:
        case ec.EllipticCurvePublicKey():
            return isinstance(key.curve, ec.SECP256R1)
        case ed25519.Ed25519PublicKey():
            return True
        case rsa.RSAPublicKey():
            return key.key_size >= MIN_RSA_BITS and key.public_numbers().e == RSA_EXPONENT
        case _:
            return False
