"""The table of letters and the templates that come with Hexkey say the same."""

from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, meta

from hexkey.adapters.mail.jinja_writer import TEMPLATES
from hexkey.application.outbox.letters import EVERY_LETTER_NAMES, LETTERS
from hexkey.domain.accounts.one_time_token import WITH_CODE, Purpose

LANGUAGES = ("de", "en")
# Only the parts that all letters share name these, or a letter may leave them out.
OPTIONAL = EVERY_LETTER_NAMES | {"second_link", "expires"}


def named_in(language: str, kind: str) -> set[str]:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    found: set[str] = set()
    for form in ("txt", "html"):
        source = Path(TEMPLATES, language, f"{kind}.{form}").read_text("utf-8")
        found |= meta.find_undeclared_variables(environment.parse(source))
    return found - {"subject", "parts", "words"}  # which the letter imports


class TestLetters:
    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("kind", sorted(LETTERS))
    def test_name_what_they_are_given_and_leave_out_nothing_of_use(
        self, kind: str, language: str
    ) -> None:
        given, named = LETTERS[kind].values, named_in(language, kind)

        assert named <= given
        assert given - named <= OPTIONAL

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_are_those_of_the_table(self, language: str) -> None:
        shared = {"layout", "words", "parts"}
        found = {file.stem for file in Path(TEMPLATES, language).iterdir()} - shared

        assert found == LETTERS.keys()

    def test_rc_03_have_one_kind_for_each_act(self) -> None:
        purposes = [plan.purpose for plan in LETTERS.values() if plan.purpose is not None]

        assert sorted(purposes) == sorted(Purpose)

    def test_rc_14_have_a_code_where_one_may_be_typed(self) -> None:
        assert {plan.purpose for plan in LETTERS.values() if plan.has_code} == WITH_CODE

    def test_lead_somewhere_if_they_carry_a_token(self) -> None:
        assert all(plan.page for plan in LETTERS.values() if plan.purpose is not None)
