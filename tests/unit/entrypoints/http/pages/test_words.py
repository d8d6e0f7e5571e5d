"""Each language says all that the pages need, and nothing that they do not."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from hexkey.domain.accounts.email import InvalidEmail
from hexkey.domain.accounts.password import HashingOverloaded
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.entrypoints.http.documentation import NEW_PASSWORD
from hexkey.entrypoints.http.pages import words as module
from hexkey.entrypoints.http.pages.words import languages, words_in
from hexkey.entrypoints.http.refusals import InternalError

FOLDER = Path(module.__file__).parent / "words"
CATALOGS = {file.stem: tomllib.loads(file.read_text("utf-8")) for file in FOLDER.glob("*.toml")}


def lines(section: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, str]]:
    for name, value in section.items():
        if isinstance(value, str):
            yield f"{place}{name}", value
        else:
            yield from lines(value, f"{place}{name}.")


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w*)\}", text))


class TestCatalog:
    @pytest.mark.parametrize("language", sorted(CATALOGS))
    def test_says_what_the_english_one_says(self, language: str) -> None:
        english, other = dict(lines(CATALOGS["en"])), dict(lines(CATALOGS[language]))

        assert list(other) == list(english)
        for name, text in other.items():
            assert text.strip() == text != "", name
            assert placeholders(text) == placeholders(english[name]) <= {"address", "service"}

    @pytest.mark.parametrize("language", sorted(set(CATALOGS) - {"en"}))
    def test_is_really_another_language(self, language: str) -> None:
        english, other = dict(lines(CATALOGS["en"])), dict(lines(CATALOGS[language]))

        assert [name for name, text in other.items() if text == english[name]] == []

    def test_has_words_for_what_people_run_into(self) -> None:
        for error in (*NEW_PASSWORD, InvalidEmail, TemporarilyUnavailable, HashingOverloaded):
            assert error.code in CATALOGS["en"]["refusals"]


class TestWords:
    @pytest.mark.parametrize(
        ("wanted", "found"),
        [
            ([], "en"),
            ([None], "en"),
            (["de"], "de"),
            (["de-AT"], "de"),
            (["fr", "de"], "de"),
            (["fr"], "en"),
            (["../de"], "en"),
            (["de", "en"], "de"),
        ],
    )
    def test_are_those_of_the_first_language_they_know(self, wanted: list[str], found: str) -> None:
        assert words_in(*wanted).language == found
        assert found in languages()

    def test_do_not_name_what_no_page_expects(self) -> None:
        words = words_in("en")

        assert words.refusal(InternalError()) == CATALOGS["en"]["refusals"]["other"]
        assert words.done("<script>") is None
