"""Access tokens as JWTs (RFC 9068)."""

from hexkey.adapters.crypto.key_ring import UnsealedKeyRing
from hexkey.adapters.crypto.token_claims import from_json, to_json
from hexkey.adapters.crypto.typed_jws import VerifyingKeys, sign, verify
from hexkey.application.ports.tokens import AccessTokenSigner, AccessTokenVerifier
from hexkey.domain.sessions.access_token import (
    MAX_TOKEN_OCTETS,
    AccessTokenClaims,
    InvalidToken,
)

ACCESS_TOKEN_TYPE = "at+jwt"  # noqa: S105 - RFC 9068 §2.1, not a secret


class PyJwtSigner(AccessTokenSigner):
    """Signs with the ring's signing key."""

    def __init__(self, ring: UnsealedKeyRing) -> None:
        self._ring = ring

    def sign(self, claims: AccessTokenClaims) -> str:
        return sign(to_json(claims), type=ACCESS_TOKEN_TYPE, key=self._ring.contents.signing)


class PyJwtVerifier(AccessTokenVerifier):
    """Believes tokens of one issuer for one audience, signed by one of `keys`.

    Args:
        keys: our own ring, or what an issuer elsewhere publishes.
    """

    def __init__(self, keys: VerifyingKeys, *, issuer: str, audience: str) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience

    def verify(self, token: str) -> AccessTokenClaims:
        read = verify(
            token, type=ACCESS_TOKEN_TYPE, keys=self._keys.contents.by_id, longest=MAX_TOKEN_OCTETS
        )
        claims = from_json(read)
        if claims.issuer != self._issuer or claims.audience != self._audience:
            raise InvalidToken
        return claims
