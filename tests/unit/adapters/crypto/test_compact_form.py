"""Reading tokens: one spelling each, and a refusal for any other text."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hexkey.adapters.crypto.token_claims import to_json
from hexkey.domain.keys import SigningAlgorithm
from hexkey.domain.sessions.access_token import InvalidToken
from tests.support.issuing import REQUIRED, Issuing, an_issuing, claims_json, some_claims
from tests.support.jose import forge, octets_of, segment


class TestCompactForm:
    def test_jw_09_refuses_a_last_character_with_bits_that_no_octet_uses(
        self, issuing: Issuing
    ) -> None:
        """JW-09: otherwise one token has sixteen spellings, and no deny-list finds it."""
        token = issuing.signer.sign(some_claims())
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        siblings = [
            token[:-1] + character
            for character in alphabet
            if octets_of((token[:-1] + character).rpartition(".")[2])
            == octets_of(token.rpartition(".")[2])
            and character != token[-1]
        ]

        assert len(token.rpartition(".")[2]) % 4 == 0 or len(siblings) in (3, 15)
        for sibling in siblings:
            with pytest.raises(InvalidToken):
                issuing.verifier.verify(sibling)

    def test_jw_09_any_change_of_a_character_is_noticed(self, issuing: Issuing) -> None:
        token = issuing.signer.sign(some_claims())
        for place in range(len(token)):
            for other in ("A", "B", ".", "=", " ", "é"):
                if token[place] != other:
                    with pytest.raises(InvalidToken):
                        issuing.verifier.verify(token[:place] + other + token[place + 1 :])

    def test_jw_10_refuses_five_megabytes_without_decoding_them(
        self, issuing: Issuing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """JW-10, P8: and says nothing of the token."""
        message = segment(issuing.header()) + "." + "A" * 5_000_000
        monkeypatch.setattr(json.JSONDecoder, "decode", None)

        with pytest.raises(InvalidToken) as refusal:
            issuing.verifier.verify(f"{message}.AAAA")

        assert len(str(refusal.value)) < 200

    def test_jw_11_takes_no_encrypted_token(self, issuing: Issuing) -> None:
        """JW-11, P9: five parts, or three with the header of a JWE."""
        header = {"alg": "dir", "enc": "A256GCM", "zip": "DEF"}
        for forged in (
            ".".join([segment(header), "", "AAAA", "AAAA", "AAAA"]),
            forge(header, claims_json(), issuing.private_key),
        ):
            with pytest.raises(InvalidToken):
                issuing.verifier.verify(forged)

    @given(text=st.text(max_size=300) | st.from_regex(r"\A[A-Za-z0-9_.=-]{0,200}\Z"))
    @example(text="..")
    @example(text="e30.e30.e30")
    def test_jw_09_no_text_gives_anything_but_a_refusal(self, text: str) -> None:
        with pytest.raises(InvalidToken):
            an_issuing(SigningAlgorithm.ES256).verifier.verify(text)

    @given(
        header=st.binary(max_size=80)
        | st.recursive(st.none() | st.text(), st.lists).map(json.dumps),
        payload=st.binary(max_size=80),
        end=st.binary(max_size=80),
    )
    def test_jw_09_no_segments_give_anything_but_a_refusal(
        self, header: bytes | str, payload: bytes, end: bytes
    ) -> None:
        with pytest.raises(InvalidToken):
            an_issuing(SigningAlgorithm.ES256).verifier.verify(
                ".".join(map(segment, (header, payload, end)))
            )

    @given(
        claims=st.dictionaries(
            st.sampled_from([*REQUIRED, "scope", "roles", "nbf", "x"]),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
                lambda inner: (
                    st.lists(inner, max_size=3)
                    | st.dictionaries(st.text(max_size=5), inner, max_size=3)
                ),
                max_leaves=5,
            ),
        )
    )
    def test_jw_06_no_claims_of_other_shapes_are_believed(self, claims: dict[str, Any]) -> None:
        """Signed by ourselves: either refused, or exactly what was written."""
        issuing = an_issuing(SigningAlgorithm.ES256)
        for written in (claims, {**claims_json(), **claims}):
            try:
                believed = issuing.verifier.verify(issuing.signed(written))
            except InvalidToken:
                continue
            expected = {k: v for k, v in written.items() if k not in ("x", "scope", "roles")}
            assert {k: to_json(believed)[k] for k in expected} == expected
