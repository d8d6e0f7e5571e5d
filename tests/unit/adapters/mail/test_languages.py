"""Which language a reader is written to in."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hexkey.adapters.mail.jinja_writer import JinjaLetters
from hexkey.adapters.mail.languages import accepted, lookup

WRITER = JinjaLetters(service_name="x")


class TestLanguageFor:
    @pytest.mark.parametrize(
        ("header", "language"),
        [
            ("de", "de"),
            ("de-AT", "de"),
            ("DE-at", "de"),
            ("de-CH-1996;q=0.9, fr", "de"),
            ("fr, de;q=0.8, en;q=0.9", "en"),
            ("en;q=0.1, de;q=0.2", "de"),
            ("en;q=0.5,de;q=0.5", "en"),
            ("de;q=0, en", "en"),
            ("de;q=0", None),
            ("*", None),
            ("fr, *;q=0.5", None),
            ("de;q=2", None),
            ("de ; q=1.0 , x", "de"),
            (";;;de", None),
            ("ger", None),
        ],
    )
    def test_is_the_dearest_that_there_is(self, header: str, language: str | None) -> None:
        assert WRITER.language_for(header) == language

    @settings(deadline=None)
    @given(st.one_of(st.text(), st.text(alphabet="den-,;q=01. *")))
    def test_of_any_header_is_one_of_ours_or_none(self, header: str) -> None:
        assert WRITER.language_for(header) in (None, "de", "en")

    def test_reads_no_more_than_a_browser_sends(self) -> None:
        assert len(accepted("en," * 100_000)) < 400


class TestLookup:
    def test_shortens_step_by_step(self) -> None:
        available = frozenset({"zh", "zh-Hant", "en"})

        assert lookup(["zh-hant-cn-x-private"], available) == "zh-Hant"
        assert lookup(["zh-cn"], available) == "zh"
        assert lookup(["z"], available) is None
