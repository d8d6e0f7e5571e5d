"""Deployments that issue access tokens, with keys that are made once for a whole test run."""

import json
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from hexkey.adapters.crypto.derived_keys import DerivedKeys, MasterSecret
from hexkey.adapters.crypto.key_maker import SealingKeyMaker
from hexkey.adapters.crypto.key_ring import UnsealedKeyRing
from hexkey.adapters.crypto.pyjwt_tokens import PyJwtSigner, PyJwtVerifier
from hexkey.adapters.crypto.token_claims import to_json
from hexkey.domain.access import Role
from hexkey.domain.identifiers import SessionId, TokenId, UserId
from hexkey.domain.keys import KeyState, SigningAlgorithm, SigningKey
from hexkey.domain.sessions.access_token import AccessTokenClaims
from tests.support.doubles import START
from tests.support.jose import PrivateKey, forge, read

ISSUER = "https://auth.example.test"
AUDIENCE = "https://api.example.test"
REQUIRED = ["iss", "sub", "aud", "exp", "iat", "jti", "client_id", "sid", "auth_time"]
SECRET = b"a master secret for tests, 32 oct"


@cache
def derived_keys(secret: bytes = SECRET, previous: bytes | None = None) -> DerivedKeys:
    return DerivedKeys(MasterSecret(secret, previous))


@cache
def a_signing_key(
    algorithm: SigningAlgorithm, *, secret: bytes = SECRET, number: int = 0
) -> SigningKey:
    """One that signs; the same for the same arguments, because RSA keys take long to make."""
    made = SealingKeyMaker(derived_keys(secret)).make(algorithm, now=START)
    return made.moved(KeyState.SIGNING, now=START)


@dataclass(frozen=True)
class Issuing:
    """One deployment's way from claims to tokens and back."""

    ring: UnsealedKeyRing
    signer: PyJwtSigner
    verifier: PyJwtVerifier

    @property
    def private_key(self) -> PrivateKey:
        """What signs, for forging tokens that only somebody inside could make."""
        signing = self.ring.contents.signing
        assert signing is not None
        return signing.private

    @property
    def key_id(self) -> str:
        signing = self.ring.contents.signing
        assert signing is not None
        return signing.id

    def header(self) -> dict[str, Any]:
        """Of every token that is signed now."""
        return read(self.signer.sign(some_claims()))[0]

    def signed(self, claims: object, **header: Any) -> str:
        """A token that only somebody with our key could make, with any claims and header."""
        text = claims if isinstance(claims, str | bytes) else json.dumps(claims)
        return forge({**self.header(), **header}, text, self.private_key)


def an_issuing(algorithm: SigningAlgorithm, *, secret: bytes = SECRET) -> Issuing:
    ring = UnsealedKeyRing(derived=derived_keys(secret), algorithm=algorithm)
    if algorithm is not SigningAlgorithm.HS256:
        ring.load([a_signing_key(algorithm, secret=secret)])
    return Issuing(
        ring=ring,
        signer=PyJwtSigner(ring),
        verifier=PyJwtVerifier(ring, issuer=ISSUER, audience=AUDIENCE),
    )


def some_claims(**changes: Any) -> AccessTokenClaims:
    """Claims of a token that is good from `START` on, for a quarter of an hour."""
    facts: dict[str, Any] = {
        "id": TokenId("00000000-0000-7000-8000-000000000001"),
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "subject": UserId("00000000-0000-7000-8000-000000000002"),
        "client_id": "hexkey",
        "session": SessionId("00000000-0000-7000-8000-000000000003"),
        "issued_at": START,
        "expires_at": START + timedelta(minutes=15),
        "scopes": frozenset({"profile", "email"}),
        "roles": frozenset({Role("admin"), Role("editor")}),
        "authenticated_at": START - timedelta(minutes=1),
    }
    return AccessTokenClaims(**{**facts, **changes})


def claims_json() -> dict[str, Any]:
    """`some_claims`, as they stand in a token."""
    return to_json(some_claims())
