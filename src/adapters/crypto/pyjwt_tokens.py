"""Access tokens as JWTs (RFC 9068), signed and verified by PyJWT."""

import json

from jwt import PyJWS
from jwt.exceptions import PyJWTError

from hexkey.adapters.crypto.compact_jws import read_header, read_object
from hexkey.adapters.crypto.key_ring import UnsealedKeyRing
from hexkey.adapters.crypto.token_claims import from_json, to_json
from hexkey.application.ports.tokens import AccessTokenSigner, AccessTokenVerifier
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.keys import SigningAlgorithm
from hexkey.domain.sessions.access_token import (
    AccessTokenClaims,
    InvalidToken,
    UnknownSigningKey,
)

ACCESS_TOKEN_TYPE = "at+jwt"  # noqa: S105 - RFC 9068 §2.1, not a secret

# `none` and everything else we do not use is not even known to this instance.
_JWS = PyJWS(
    algorithms=[algorithm.value for algorithm in SigningAlgorithm],
    options={"verify_signature": True, "enforce_minimum_key_length": True},
)


class PyJwtSigner(AccessTokenSigner):
    """Signs with the ring's signing key."""

    def __init__(self, ring: UnsealedKeyRing) -> None:
        self._ring = ring

    def sign(self, claims: AccessTokenClaims) -> str:
        key = self._ring.contents.signing
        if key is None:
            raise TemporarilyUnavailable
        return _JWS.encode(
            json.dumps(to_json(claims), separators=(",", ":")).encode("ascii"),
            key.private,
            algorithm=key.algorithm.value,
            headers={"typ": ACCESS_TOKEN_TYPE, "kid": key.id},
        )


class PyJwtVerifier(AccessTokenVerifier):
    """Believes tokens of one issuer for one audience, signed by a key of the ring.

    The key decides the algorithm, and the token must agree: the other way round is how a public
    key becomes an HMAC secret (RFC 8725 §3.1, CVE-2022-29217).
    """

    def __init__(self, ring: UnsealedKeyRing, *, issuer: str, audience: str) -> None:
        self._ring = ring
        self._issuer = issuer
        self._audience = audience

    def verify(self, token: str) -> AccessTokenClaims:
        header = read_header(token)
        if header.type != ACCESS_TOKEN_TYPE:
            raise InvalidToken
        key = self._ring.contents.by_id.get(header.key)
        if key is None:
            raise UnknownSigningKey
        algorithm = key.algorithm.value
        if header.algorithm != algorithm:
            raise InvalidToken
        try:
            payload = _JWS.decode(token, key.public, algorithms=[algorithm])
        except (PyJWTError, ValueError):
            raise InvalidToken from None
        claims = from_json(read_object(payload))
        if claims.issuer != self._issuer or claims.audience != self._audience:
            raise InvalidToken
        return claims
