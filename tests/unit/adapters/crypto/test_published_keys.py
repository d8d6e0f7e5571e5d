"""Keys from elsewhere: only those that Hexkey could have made (JW-15)."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa

from hexkey.adapters.crypto.key_material import public_jwk
from hexkey.adapters.crypto.published_keys import MOST_KEYS, PublishedKeyRing
from hexkey.adapters.crypto.pyjwt_tokens import PyJwtVerifier
from hexkey.domain.keys import SigningAlgorithm, UnusableKey, thumbprint
from tests.contracts.issuer_key_ring import IssuerKeyRingContract
from tests.contracts.key_maker import PRIVATE_MEMBERS
from tests.support.issuing import AUDIENCE, ISSUER, Issuing, a_signing_key, some_claims

GOOD = a_signing_key(SigningAlgorithm.ES256).published()


def _p256() -> ec.EllipticCurvePublicKey:
    return ec.generate_private_key(ec.SECP256R1()).public_key()


def _rsa(bits: int, exponent: int = 65537) -> rsa.RSAPublicKey:
    return rsa.generate_private_key(public_exponent=exponent, key_size=bits).public_key()


def _published(key: Any, algorithm: str = "ES256") -> dict[str, str]:
    jwk = public_jwk(key)
    return {**jwk, "kid": thumbprint(jwk), "alg": algorithm, "use": "sig"}


WEAK = [
    ("ES256", ec.generate_private_key(ec.SECP384R1()).public_key()),
    ("EdDSA", ed448.Ed448PrivateKey.generate().public_key()),
    *(("RS256", _rsa(1024)), ("RS256", _rsa(2048, exponent=3))),
]
STRONG = [("ES256", _p256()), ("RS256", _rsa(2048))]


class TestPublishedKeyRing(IssuerKeyRingContract):
    @pytest.fixture
    def ring(self) -> PublishedKeyRing:
        return PublishedKeyRing()

    @staticmethod
    def believed(ring: Any) -> set[str]:
        return set(ring.contents.by_id)

    def test_verifies_what_the_issuer_signs(
        self, ring: PublishedKeyRing, asymmetric: Issuing
    ) -> None:
        ring.load(json.dumps({"keys": list(asymmetric.ring.published())}))
        verifier = PyJwtVerifier(ring, issuer=ISSUER, audience=AUDIENCE)

        assert verifier.verify(asymmetric.signer.sign(some_claims())) == some_claims()

    def test_stays_the_same_object_while_nothing_changes(self, ring: PublishedKeyRing) -> None:
        ring.load(json.dumps({"keys": [GOOD]}))
        contents = ring.contents
        ring.load(json.dumps({"keys": [GOOD]}))

        assert ring.contents is contents

    @pytest.mark.parametrize("member", sorted(PRIVATE_MEMBERS))
    def test_jw_15_refuses_whoever_shows_a_private_member(
        self, ring: PublishedKeyRing, member: str
    ) -> None:
        with pytest.raises(UnusableKey):
            ring.load(json.dumps({"keys": [GOOD | {member: "AQAB"}]}))

    @pytest.mark.parametrize(
        "change",
        [
            *({"kid": "A" * 43}, {"kid": None}, {"kid": ["x"]}, {"alg": "none"}, {"alg": "HS256"}),
            *({"alg": "EdDSA"}, {"alg": "RS256"}, {"use": "enc"}, {"crv": "P-384"}, {"x": "AA"}),
            *({"kty": "oct"}, {"kty": "RSA"}, {"y": ""}, {"key_ops": ["verify"]}),
        ],
        ids=str,
    )
    def test_jw_15_refuses_a_key_that_is_not_what_it_says(
        self, ring: PublishedKeyRing, change: dict[str, Any]
    ) -> None:
        with pytest.raises(UnusableKey):
            ring.load(json.dumps({"keys": [GOOD | change]}))

    @pytest.mark.parametrize("name", ["kid", "alg", "use", "kty", "crv", "x", "y"])
    def test_refuses_a_key_that_lacks_something(self, ring: PublishedKeyRing, name: str) -> None:
        less = {it: value for it, value in GOOD.items() if it != name}

        with pytest.raises(UnusableKey):
            ring.load(json.dumps({"keys": [less]}))

    @pytest.mark.parametrize(("algorithm", "key"), WEAK, ids=lambda it: type(it).__name__)
    def test_jw_15_refuses_weak_keys(
        self, ring: PublishedKeyRing, algorithm: str, key: Any
    ) -> None:
        with pytest.raises(UnusableKey, match="weak"):
            ring.load(json.dumps({"keys": [_published(key, algorithm)]}))

    @pytest.mark.parametrize(("algorithm", "key"), STRONG, ids=lambda it: type(it).__name__)
    def test_believes_strong_ones(self, ring: PublishedKeyRing, algorithm: str, key: Any) -> None:
        ring.load(json.dumps({"keys": [_published(key, algorithm)]}))

        assert len(self.believed(ring)) == 1

    def test_jw_15_refuses_a_key_twice(self, ring: PublishedKeyRing) -> None:
        with pytest.raises(UnusableKey, match="twice"):
            ring.load(json.dumps({"keys": [GOOD, GOOD]}))

    def test_jw_15_refuses_far_too_many(self, ring: PublishedKeyRing) -> None:
        keys = [_published(_p256()) for _ in range(MOST_KEYS + 1)]
        ring.load(json.dumps({"keys": keys[1:]}))

        with pytest.raises(UnusableKey, match="too many"):
            ring.load(json.dumps({"keys": keys}))

    @pytest.mark.parametrize("members", ["x", 1, {"kid": "x"}, [1], [None], ["x"], [[]]], ids=str)
    def test_jw_15_refuses_what_is_no_list_of_keys(
        self, ring: PublishedKeyRing, members: object
    ) -> None:
        with pytest.raises(UnusableKey):
            ring.load(json.dumps({"keys": members}))
