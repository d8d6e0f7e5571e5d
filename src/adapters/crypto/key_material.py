"""Private keys: making them, and what makes one strong enough."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from hexkey.domain.keys import PublicJwk, SigningAlgorithm, UnusableKey

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey

NEW_RSA_BITS = 3072
MIN_RSA_BITS = 2048  # RFC 7518 §3.3; only for keys made elsewhere
RSA_EXPONENT = 65537


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
            return rsa.generate_private_key(public_exponent=RSA_EXPONENT, key_size=NEW_RSA_BITS)
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
            key.key_size >= MIN_RSA_BITS and key.public_key().public_numbers().e == RSA_EXPONENT
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
