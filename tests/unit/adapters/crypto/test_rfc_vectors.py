"""JW-13: the examples of RFC 7515, 7519, 7638 and 8037, and joserfc as a second opinion."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey
from jwt import PyJWK

from hexkey.adapters.crypto import base64url
from hexkey.adapters.crypto.derived_keys import Purpose
from hexkey.adapters.crypto.key_material import public_jwk
from hexkey.adapters.crypto.token_claims import to_json
from hexkey.adapters.crypto.typed_jws import _JWS
from hexkey.domain.keys import SigningAlgorithm, thumbprint
from hexkey.domain.sessions.access_token import InvalidToken
from tests.contracts.key_maker import ASYMMETRIC
from tests.support.issuing import an_issuing, derived_keys, some_claims
from tests.support.jose import octets_of, read

JOE = (
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
)
RFC_7515_A1 = (
    f"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{JOE}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)
RFC_7515_A1_KEY = (
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
)
RFC_7515_A2 = (
    f"eyJhbGciOiJSUzI1NiJ9.{JOE}."
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5"
    "jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb"
    "1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QO"
    "YEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
)
RFC_7515_A2_KEY = {
    "kty": "RSA",
    "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt"
    "0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5"
    "z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aG"
    "hyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
    "e": "AQAB",
}
RFC_7515_A3 = (
    f"eyJhbGciOiJFUzI1NiJ9.{JOE}."
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)
RFC_7515_A3_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
RFC_7519_6_1 = f"eyJhbGciOiJub25lIn0.{JOE}."
RFC_7638_3_1_KEY = {
    "kty": "RSA",
    "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJ"
    "ECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2Qv"
    "zqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZ"
    "u0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    "e": "AQAB",
    "alg": "RS256",
    "kid": "2011-04-29",
}
RFC_8037_A1_D = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
RFC_8037_A2_KEY = {
    "kty": "OKP",
    "crv": "Ed25519",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}
RFC_8037_A4 = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)


class TestRfcExamples:
    def test_jw_13_rfc_7515_a_1(self) -> None:
        """The same token is the example of RFC 7519 §3.1."""
        payload = _JWS.decode(RFC_7515_A1, octets_of(RFC_7515_A1_KEY), algorithms=["HS256"])

        assert json.loads(payload) == {
            "iss": "joe",
            "exp": 1300819380,
            "http://example.com/is_root": True,
        }

    def test_jw_13_rfc_7515_a_2(self) -> None:
        assert _JWS.decode(RFC_7515_A2, PyJWK(RFC_7515_A2_KEY, "RS256"), algorithms=["RS256"])

    def test_jw_13_rfc_7515_a_3(self) -> None:
        assert _JWS.decode(RFC_7515_A3, PyJWK(RFC_7515_A3_KEY), algorithms=["ES256"])

    def test_jw_13_rfc_8037_a_1_to_a_4(self) -> None:
        private = Ed25519PrivateKey.from_private_bytes(octets_of(RFC_8037_A1_D))
        key = PyJWK(RFC_8037_A2_KEY)

        assert public_jwk(private.public_key()) == RFC_8037_A2_KEY
        assert thumbprint(RFC_8037_A2_KEY) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
        assert _JWS.decode(RFC_8037_A4, key, algorithms=["EdDSA"]) == b"Example of Ed25519 signing"
        message, _, end = RFC_8037_A4.rpartition(".")
        assert base64url.encode(private.sign(message.encode())) == end

    def test_jw_13_rfc_7638_3_1(self) -> None:
        assert thumbprint(RFC_7638_3_1_KEY) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"

    @pytest.mark.parametrize("algorithm", list(SigningAlgorithm))
    @pytest.mark.parametrize(
        "token", [RFC_7515_A1, RFC_7515_A2, RFC_7515_A3, RFC_7519_6_1, RFC_8037_A4]
    )
    def test_jw_13_none_of_them_is_an_access_token(
        self, algorithm: SigningAlgorithm, token: str
    ) -> None:
        """RFC 7515 A.5 and RFC 7519 §6.1, the unsecured ones, above all."""
        with pytest.raises(InvalidToken):
            an_issuing(algorithm).verifier.verify(token)

    def test_rfc_7515_appendix_c_base64url(self) -> None:
        assert base64url.encode(bytes([3, 236, 255, 224, 193])) == "A-z_4ME"
        assert base64url.decode("A-z_4ME") == bytes([3, 236, 255, 224, 193])


READERS: dict[SigningAlgorithm, Callable[[Any], Key]] = {
    SigningAlgorithm.ES256: ECKey.import_key,
    SigningAlgorithm.EDDSA: OKPKey.import_key,
    SigningAlgorithm.RS256: RSAKey.import_key,
}


# RFC 9864 renames the algorithm to Ed25519, which PyJWT and most verifiers do not know yet.
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
class TestSecondOpinion:
    @pytest.mark.parametrize("algorithm", list(SigningAlgorithm))
    def test_joserfc_believes_our_tokens(self, algorithm: SigningAlgorithm) -> None:
        issuing = an_issuing(algorithm)

        read_back = jwt.decode(
            issuing.signer.sign(some_claims()), oracle(algorithm), algorithms=[algorithm.value]
        )

        assert read_back.claims == to_json(some_claims())
        assert read_back.header["typ"] == "at+jwt"

    @pytest.mark.parametrize("algorithm", list(SigningAlgorithm))
    def test_we_believe_what_joserfc_signs_with_our_key(self, algorithm: SigningAlgorithm) -> None:
        issuing = an_issuing(algorithm)
        header, claims = read(issuing.signer.sign(some_claims()))

        token = jwt.encode(
            header, claims, oracle(algorithm, private=True), algorithms=[algorithm.value]
        )

        assert issuing.verifier.verify(token) == some_claims()

    @pytest.mark.parametrize("algorithm", ASYMMETRIC)
    def test_jw_15_joserfc_computes_the_same_key_id(self, algorithm: SigningAlgorithm) -> None:
        assert oracle(algorithm).thumbprint() == an_issuing(algorithm).key_id


def oracle(algorithm: SigningAlgorithm, *, private: bool = False) -> Key:
    """Our key, as joserfc holds it; the public ones from our JWKS."""
    issuing = an_issuing(algorithm)
    if algorithm is SigningAlgorithm.HS256:
        return OctKey.import_key(derived_keys().key(Purpose.HS256_TOKENS))
    read = READERS[algorithm]
    if not private:
        return read(issuing.ring.published()[0])
    key = issuing.private_key
    assert not isinstance(key, bytes)
    return read(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
