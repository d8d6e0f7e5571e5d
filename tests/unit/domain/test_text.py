import time
import unicodedata

import pytest
from hypothesis import given

from hexkey.domain.text import composed, has_bidi_controls, has_control_characters, is_plain
from tests.support.strategies import is_nfc, text


class TestPlainText:
    @pytest.mark.parametrize("bad", ["\0", "\x1f", "\x7f", "\x85", "\ud800", "\u2028", "\u2029"])
    def test_holds_no_control(self, bad: str) -> None:
        assert has_control_characters(f"a{bad}b")
        assert not is_plain(f"a{bad}b")

    @pytest.mark.parametrize("bad", "\u061c\u200e\u200f\u202a\u202d\u202e\u2066\u2069")
    def test_does_not_change_direction(self, bad: str) -> None:
        assert has_bidi_controls(f"a{bad}b")
        assert not is_plain(f"a{bad}b")

    @pytest.mark.parametrize("good", ["", "a b", "Zoë", "שלום", "\U0001f600", "e\u0301", "\u00a0"])
    def test_may_be_in_any_language(self, good: str) -> None:
        assert is_plain(good)


class TestComposedText:
    @given(text)
    def test_is_the_nfc_if_that_is_short_enough(self, typed: str) -> None:
        normal = unicodedata.normalize("NFC", typed)

        for most in (0, len(normal) - 1, len(normal), len(normal) + 1, 400):
            assert composed(typed, most=most) == (normal if len(normal) <= most else None)

    @given(text)
    def test_stays_as_it_is_when_composed_again(self, typed: str) -> None:
        once = composed(typed, most=400)

        if once is not None:
            assert is_nfc(once)
            assert composed(once, most=400) == once

    def test_no_character_takes_more_room_than_is_allowed_for(self) -> None:
        for number in range(0x110000):
            decomposed = unicodedata.normalize("NFD", chr(number))
            if unicodedata.normalize("NFC", decomposed) == chr(number):
                assert composed(decomposed, most=1) == chr(number)

    def test_pw_03_is_not_sought_in_a_novel(self) -> None:
        """PW-03: marks out of order take quadratic time; these would take half a minute."""
        began = time.perf_counter()

        assert composed("\u0301\u0316" * 100_000, most=256) is None
        assert time.perf_counter() - began < 0.05
