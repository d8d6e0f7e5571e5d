import base64
import hashlib
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexkey.domain.identifiers import KEY_ID_LENGTH
from hexkey.domain.keys import thumbprint
from tests.support.builders import a_signing_key

# RFC 7638 §3.1
EXAMPLE = {
    "kty": "RSA",
    "n": (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECP"
        "ebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY"
        "368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0f"
        "M4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    ),
    "e": "AQAB",
}
members = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1)
keys = (
    st.fixed_dictionaries({"kty": st.just("EC"), "crv": members, "x": members, "y": members})
    | st.fixed_dictionaries({"kty": st.just("OKP"), "crv": members, "x": members})
    | st.fixed_dictionaries({"kty": st.just("RSA"), "n": members, "e": members})
)
extras = st.dictionaries(st.sampled_from(["kid", "use", "alg", "key_ops", "d", "x5c"]), members)


class TestThumbprint:
    def test_is_that_of_the_rfc(self) -> None:
        """JW-13: RFC 7638 §3.1."""
        assert thumbprint(EXAMPLE) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"

    @given(keys, extras, st.randoms())
    def test_depends_on_the_required_members_alone(
        self, key: dict[str, str], extra: dict[str, str], random: Random
    ) -> None:
        shuffled = list({**extra, **key}.items())
        random.shuffle(shuffled)

        assert thumbprint(dict(shuffled)) == thumbprint(key)

    @given(keys, st.data())
    def test_changes_with_every_required_member(
        self, key: dict[str, str], data: st.DataObject
    ) -> None:
        name = data.draw(st.sampled_from([name for name in key if name != "kty"]))

        assert thumbprint({**key, name: key[name] + "A"}) != thumbprint(key)

    @given(keys)
    def test_is_a_sha_256_in_base64url(self, key: dict[str, str]) -> None:
        key_id = thumbprint(key)

        assert len(key_id) == KEY_ID_LENGTH
        assert len(base64.urlsafe_b64decode(key_id + "=")) == hashlib.sha256().digest_size

    @pytest.mark.parametrize(
        "no_key", [{}, {"kty": "oct", "k": "AA"}, {"kty": "EC", "crv": "P-256", "x": "AA"}]
    )
    def test_is_refused_to_what_is_no_public_key(self, no_key: dict[str, str]) -> None:
        with pytest.raises(KeyError):
            thumbprint(no_key)


class TestSigningKey:
    def test_jw_15_is_published_without_its_private_half(self) -> None:
        """JW-15: the JWKS has `kid`, `use` and `alg`, and no private member."""
        key = a_signing_key()

        published = key.published()

        assert published == {**key.public_jwk, "kid": key.id, "use": "sig", "alg": "ES256"}
        assert "sealed" not in repr(key)
