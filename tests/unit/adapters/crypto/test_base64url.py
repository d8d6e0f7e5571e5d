import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexkey.adapters.crypto import base64url
from hexkey.adapters.crypto.compact_jws import read_object
from hexkey.domain.sessions.access_token import InvalidToken


class TestBase64url:
    @given(octets=st.binary(max_size=70))
    def test_reads_back_what_it_wrote(self, octets: bytes) -> None:
        assert base64url.decode(base64url.encode(octets)) == octets

    @given(text=st.from_regex(r"\A[A-Za-z0-9_-]{0,9}\Z"))
    def test_jw_09_knows_one_spelling_for_each(self, text: str) -> None:
        try:
            octets = base64url.decode(text)
        except ValueError:
            return
        assert base64url.encode(octets) == text

    @pytest.mark.parametrize(
        "text",
        [
            *(
                "A",
                "AAAAA",
                "AB",
                "AR",
                "Ah",
                "AAB",
                "AAF",
                "AAAAAB",
                "AA==",
                "AAA=",
                "AAAA=",
                "A A",
            ),
            *("AAAA\n", "+AAA", "/AAA", "éAAA", "AAAÅ", "Ａ", "AAAA AAAA", "=", "\0"),
        ],
    )
    def test_jw_09_refuses_other_spellings(self, text: str) -> None:
        with pytest.raises(ValueError, match="canonical"):
            base64url.decode(text)


class TestReadObject:
    @pytest.mark.parametrize(
        "text", ["1.5", "1e3", "1e999", "NaN", "Infinity", "-Infinity", '{"y": 1, "y": 1}', "0x1"]
    )
    def test_jw_09_refuses_numbers_and_names_that_readers_disagree_about(self, text: str) -> None:
        """Even in claims that nobody reads."""
        with pytest.raises(InvalidToken):
            read_object(b'{"x": %s}' % text.encode())

    def test_jw_09_takes_whole_numbers(self) -> None:
        assert read_object(b' {"x": -12, "y": [true, null]} ') == {"x": -12, "y": [True, None]}
