"""Private keys as octets and as objects, and what makes one strong enough."""

from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from hexkey.adapters.crypto.system import random_octets
from hexkey.domain.identifiers import KeyId
from hexkey.domain.keys import PublicJwk, SealedKey, SigningAlgorithm, UnusableKey

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey

NEW_RSA_BITS = 3072
MIN_RSA_BITS = 2048  # RFC 7518 §3.3; only for keys made elsewhere
_RSA_EXPONENT = 65537

_SEAL_VERSION = b"\x01"
_NONCE_OCTETS = 12


def generate(algorithm: SigningAlgorithm) -> PrivateKey:
    """A fresh private key; an RSA key takes up to a second.

    Raises:
        ValueError: for `HS256`, whose key comes from the master secret.
    """
    match algorithm:
        case SigningAlgorithm.ES256:
            return ec.generate_private_key(ec.SECP256R1())
        case SigningAlgorithm.EDDSA:
            return ed25519.Ed25519PrivateKey.generate()
        case SigningAlgorithm.RS256:
            return rsa.generate_private_key(public_exponent=_RSA_EXPONENT, key_size=NEW_RSA_BITS)
        case SigningAlgorithm.HS256:
            raise ValueError("the key of HS256 is derived from the master secret")


def ensure_strong(key: object, algorithm: SigningAlgorithm) -> PrivateKey:
    """`key`, if it is one of `algorithm`'s kind and of sufficient size.

    Raises:
        UnusableKey: otherwise.
    """
    match algorithm, key:
        case SigningAlgorithm.ES256, ec.EllipticCurvePrivateKey() if isinstance(
            key.curve, ec.SECP256R1
        ):
            return key
        case SigningAlgorithm.EDDSA, ed25519.Ed25519PrivateKey():
            return key
        case SigningAlgorithm.RS256, rsa.RSAPrivateKey() if (
            key.key_size >= MIN_RSA_BITS and key.public_key().public_numbers().e == _RSA_EXPONENT
        ):
            return key
        case _:
            raise UnusableKey("a signing key is too weak, or not of its algorithm")


def public_jwk(key: PublicKey) -> PublicJwk:
    """The public members, and nothing else."""
    described: dict[str, Any]
    if isinstance(key, ec.EllipticCurvePublicKey):
        described = ECAlgorithm.to_jwk(key, as_dict=True)
        return {name: described[name] for name in ("kty", "crv", "x", "y")}
    if isinstance(key, rsa.RSAPublicKey):
        described = RSAAlgorithm.to_jwk(key, as_dict=True)
        return {name: described[name] for name in ("kty", "n", "e")}
    described = OKPAlgorithm.to_jwk(key, as_dict=True)
    return {name: described[name] for name in ("kty", "crv", "x")}


@dataclass(frozen=True, slots=True)
class KeySeal:
    """AES-256-GCM over the PKCS #8 form of a private key, bound to its id and algorithm.

    So whoever can write to the database can neither read a key nor put one in another's place.
    """

    secret: bytes = field(repr=False)

    def seal(self, key: PrivateKey, id: KeyId, algorithm: SigningAlgorithm) -> SealedKey:
        """`key` as it may be stored."""
        octets = key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        nonce = random_octets(_NONCE_OCTETS)
        sealed = AESGCM(self.secret).encrypt(nonce, octets, _context(id, algorithm))
        return SealedKey(_SEAL_VERSION + nonce + sealed)

    def open(self, sealed: SealedKey, id: KeyId, algorithm: SigningAlgorithm) -> object:
        """The key object in `sealed`.

        Raises:
            UnusableKey: if it was sealed under another master secret, or for another id.
        """
        version, nonce, body = sealed[:1], sealed[1 : 1 + _NONCE_OCTETS], sealed[13:]
        if version != _SEAL_VERSION or len(nonce) != _NONCE_OCTETS:
            raise UnusableKey("a signing key is sealed in a form this version does not know")
        try:
            octets = AESGCM(self.secret).decrypt(nonce, body, _context(id, algorithm))
            return serialization.load_der_private_key(octets, password=None)
        except (InvalidTag, ValueError) as refusal:
            raise UnusableKey(
                "a signing key cannot be unsealed; was the master secret changed?"
            ) from refusal


def _context(id: KeyId, algorithm: SigningAlgorithm) -> bytes:
    return f"{id}|{algorithm.value}".encode()
