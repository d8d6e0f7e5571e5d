"""A key too weak to be believed is not believed, wherever it came from (RFC 8725 §3.5)."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt import PyJWS

from hexkey.adapters.crypto.typed_jws import verify
from hexkey.domain.identifiers import KeyId
from hexkey.domain.keys import SigningAlgorithm
from hexkey.domain.sessions.access_token import InvalidToken

KEY_ID = KeyId("A" * 43)


@dataclass(frozen=True)
class Key:
    """A key that somebody else has let in."""

    algorithm: SigningAlgorithm
    public: Any


def verified(algorithm: SigningAlgorithm, private: Any, public: Any) -> dict[str, Any]:
    token = PyJWS().encode(
        json.dumps({"a": 1}).encode(),
        private,
        algorithm=algorithm.value,
        headers={"typ": "x", "kid": KEY_ID},
    )
    return verify(token, type="x", keys={KEY_ID: Key(algorithm, public)}, longest=4096)


class TestASignature:
    @pytest.mark.parametrize(("bits", "believed"), [(1024, False), (2048, True)])
    @pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
    def test_counts_only_by_a_long_rsa_key(self, bits: int, *, believed: bool) -> None:
        private = rsa.generate_private_key(public_exponent=65537, key_size=bits)

        if believed:
            assert verified(SigningAlgorithm.RS256, private, private.public_key()) == {"a": 1}
        else:
            with pytest.raises(InvalidToken):
                verified(SigningAlgorithm.RS256, private, private.public_key())

    @pytest.mark.parametrize(("octets", "believed"), [(31, False), (32, True)])
    @pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
    def test_counts_only_by_a_long_secret(self, octets: int, *, believed: bool) -> None:
        secret = b"s" * octets

        if believed:
            assert verified(SigningAlgorithm.HS256, secret, secret) == {"a": 1}
        else:
            with pytest.raises(InvalidToken):
                verified(SigningAlgorithm.HS256, secret, secret)
