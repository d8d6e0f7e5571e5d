import unicodedata

import pytest
from hypothesis import given

from hexkey.domain.accounts.email import (
    MAX_ADDRESS_OCTETS,
    MAX_EMAIL_KEY_LENGTH,
    MAX_LOCAL_OCTETS,
    InvalidEmail,
    canonical_key,
    ensure_unambiguous,
    fold,
)
from hexkey.domain.text import is_plain
from tests.support.strategies import awkward_text, is_nfc, text


class TestUnambiguousAddress:
    @pytest.mark.parametrize("typed", ["a@example.com", "Zoe\u0301@example.com", "用户@例え.jp"])
    def test_is_given_back_in_nfc(self, typed: str) -> None:
        assert ensure_unambiguous(typed) == unicodedata.normalize("NFC", typed)

    @pytest.mark.parametrize(
        "typed",
        [
            "",
            "alice",
            "a@b@example.com",
            "a\uff20example.com",
            "a@example\uff0ecom",
            "a@b\ufe6bexample.com",
            "a\u2024b@example.com",
            "a\uff0f@example.com",
            "a\uff3c@example.com",
            "a\u2100@example.com",
            "a@example.com\r\nBcc: e@x.org",
            "a\0@example.com",
            "a\x85@example.com",
            "a\u202e@example.com",
            "\ud800@example.com",
        ],
    )
    def test_id_02_turns_into_no_other_address(self, typed: str) -> None:
        """ID-02, ID-04: exactly one `@`, and nothing that becomes one, or a dot, slash or line."""
        with pytest.raises(InvalidEmail):
            ensure_unambiguous(typed)

    def test_id_04_is_at_most_254_octets_64_of_them_before_the_at(self) -> None:
        ensure_unambiguous("x" * MAX_LOCAL_OCTETS + "@" + "d" * 189)
        ensure_unambiguous("é" * 32 + "@d.example")

        for over_long in (
            "x" * 65 + "@d.example",
            "é" * 33 + "@d.example",
            "x" * 64 + "@" + "d" * 190,
            "\u0301\u0316" * 100_000 + "@d.example",
        ):
            with pytest.raises(InvalidEmail):
                ensure_unambiguous(over_long)

    @given(text)
    def test_has_one_at_whoever_normalizes_it(self, typed: str) -> None:
        try:
            address = ensure_unambiguous(typed)
        except InvalidEmail:
            return
        assert is_nfc(address)
        assert is_plain(address)
        assert len(address.encode()) <= MAX_ADDRESS_OCTETS
        assert ensure_unambiguous(address) == address
        for structural in "@./\\":
            compatible = unicodedata.normalize("NFKC", address)
            assert compatible.count(structural) == address.count(structural)


class TestFold:
    @given(awkward_text)
    def test_id_01_folds_what_is_folded_to_itself(self, typed: str) -> None:
        assert fold(fold(typed)) == fold(typed)

    @given(awkward_text)
    def test_id_01_folds_all_spellings_alike(self, typed: str) -> None:
        for form in ("NFC", "NFD", "NFKC", "NFKD"):
            assert fold(unicodedata.normalize(form, typed)) == fold(typed)

    @pytest.mark.parametrize(
        ("one", "other"),
        [("ALICE", "alice"), ("STRASSE", "straße"), ("\uff21", "a"), ("\u212a", "k"), ("Ǆ", "ǆ")],
    )
    def test_id_01_ignores_case_and_compatibility(self, one: str, other: str) -> None:
        assert fold(one) == fold(other)


class TestCanonicalKey:
    def test_id_07_keeps_dots_and_plus_signs(self) -> None:
        assert canonical_key("A.B+c", "Example.COM") == "a.b+c@example.com"

    def test_is_refused_when_folding_makes_it_too_long(self) -> None:
        longest = MAX_EMAIL_KEY_LENGTH - len("@d.example")
        assert len(canonical_key("x" * longest, "d.example")) == MAX_EMAIL_KEY_LENGTH

        with pytest.raises(InvalidEmail):
            canonical_key("x" * (longest + 1), "d.example")
        with pytest.raises(InvalidEmail):
            canonical_key("\ufdfa" * 21, "d.example")
