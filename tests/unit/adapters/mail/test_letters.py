"""Letters in words: every kind, in every language, whatever the values are."""

import re
from html.parser import HTMLParser

import pytest
from jinja2 import UndefinedError

from hexkey.adapters.mail.inert_values import MAX_SUBJECT_LENGTH
from hexkey.adapters.mail.jinja_writer import TEMPLATES, JinjaLetters
from hexkey.adapters.mail.messages import message_bytes, recipient_of
from hexkey.adapters.mail.originator import Originator
from hexkey.adapters.mail.overrides import values_named
from hexkey.application.outbox.letters import LETTERS
from hexkey.application.ports.mail import Letter, WrittenLetter
from hexkey.domain.accounts.one_time_token import CODE_LIFETIME
from tests.contracts.letter_writer import LetterWriterContract, a_letter
from tests.contracts.mail_sender import a_mail

LANGUAGES = ["en", "de"]
CASES = [(kind, language) for kind in LETTERS for language in LANGUAGES]
ORIGINATOR = Originator.parse("no-reply@id.example.com")
EVIL = "https://evil.example/"
# What no letter may show as it is; each goes into every value at once.
HOSTILE = {
    "header": "x\r\nBcc: eve@example.com\r\n\r\nbody",
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "attribute": "\"' onclick=alert(1) style='x",
    "template": "{{ 7 * 7 }}{% include 'x' %}${7*7}",
    "direction": "a\N{RIGHT-TO-LEFT OVERRIDE}b\N{LINE SEPARATOR}c\x00d\x1be",
    "length": "x" * 100_000,
    "advertisement": f"You won! {EVIL}",
}


class Tags(HTMLParser):
    """Every tag and attribute of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @property
    def shape(self) -> list[tuple[str, frozenset[str]]]:
        """What it is made of, values aside."""
        return [(tag, frozenset(attributes)) for tag, attributes in self.tags]


WRITER = JinjaLetters(service_name="Example", default_language="en")


def written(kind: str, language: str, **said: str) -> WrittenLetter:
    return WRITER.write(a_letter(kind, language=language, **said))


def everything(kind: str, value: str) -> dict[str, str]:
    return {name: value for name in LETTERS[kind].values if not name.endswith("link")}


class TestJinjaLetters(LetterWriterContract):
    @pytest.fixture
    def writer(self) -> JinjaLetters:
        return WRITER


@pytest.mark.parametrize(("kind", "language"), CASES)
class TestLetter:
    def test_says_all_that_its_reader_needs(self, kind: str, language: str) -> None:
        words = written(kind, language)
        needed = LETTERS[kind].values - {"service_name", "user_name", "when"}

        for form in (words.text, words.html):
            assert [it for it in needed if f"the-{it}" not in form] in ([], ["expires"])
            assert "Example" in form
            assert "the-user_name" in form

    @pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
    def test_lets_no_value_be_more_than_text(self, kind: str, language: str, value: str) -> None:
        """RC-17: templates escape names, and a subject is one line."""
        plain = written(kind, language, **everything(kind, "x"))
        words = written(kind, language, **everything(kind, value))

        assert Tags(words.html).shape == Tags(plain.html).shape
        assert words.text.count("\n") == plain.text.count("\n")
        assert len(words.subject.splitlines()) == 1
        assert len(words.subject) <= MAX_SUBJECT_LENGTH
        assert len(words.text) < 10_000
        for form in (words.subject, words.text, words.html):
            assert form.replace("\n", " ").isprintable()

    def test_becomes_a_mail_to_one_recipient(self, kind: str, language: str) -> None:
        """RC-17."""
        words = written(kind, language, **everything(kind, HOSTILE["header"]))
        mail = a_mail(subject=words.subject, text=words.text, html=words.html)

        raw = message_bytes(mail, originator=ORIGINATOR, to=recipient_of(mail))

        head = raw.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b"")
        assert b"\nbcc:" not in head.lower()
        assert head.count(b"\r\n") == 7

    def test_carries_no_advertisement_of_a_stranger(self, kind: str, language: str) -> None:
        """Registering somebody else's address must not mail them what one likes."""
        for name in (EVIL, "evil.example", "www.evil", "mail eve@evil.example", "tel:110"):
            words = written(kind, language, user_name=name)

            assert name not in words.text + words.html + words.subject

    def test_fetches_nothing_and_runs_nothing(self, kind: str, language: str) -> None:
        """RC-11: no image, style sheet or script of another host learns that it was read."""
        page = Tags(written(kind, language).html)

        loading = {"script", "img", "link", "iframe", "object", "video", "audio", "form", "base"}
        assert loading & {tag for tag, _ in page.tags} == set()
        assert [it for it in page.tags if {"src", "srcset", "background"} & it[1].keys()] == []
        assert "url(" not in written(kind, language).html
        hrefs = {attributes["href"] for tag, attributes in page.tags if tag == "a"}
        assert hrefs <= {"the-link", "the-second_link"}

    def test_tells_its_language(self, kind: str, language: str) -> None:
        assert ("html", {"lang": language}) in Tags(written(kind, language).html).tags


class TestTemplates:
    @pytest.mark.parametrize("kind", LETTERS)
    @pytest.mark.parametrize("form", ["txt", "html"])
    def test_name_the_same_values_in_every_language(self, kind: str, form: str) -> None:
        environment = JinjaLetters(service_name="x").environment
        named = [
            values_named(environment.parse((TEMPLATES / language / f"{kind}.{form}").read_text()))
            for language in LANGUAGES
        ]

        assert named[0] == named[1]
        assert named[0] <= LETTERS[kind].values

    def test_are_there_for_every_kind_and_for_nothing_else(self) -> None:
        shared = {"layout.txt", "layout.html", "words.html"}
        for language in LANGUAGES:
            names = {it.name for it in (TEMPLATES / language).iterdir()} - shared
            assert names == {f"{kind}.{form}" for kind in LETTERS for form in ("txt", "html")}

    def test_know_how_long_a_code_lives(self) -> None:
        minutes = int(CODE_LIFETIME.total_seconds() / 60)
        for kind in (it for it, plan in LETTERS.items() if plan.has_code):
            assert f"the code for {minutes} minutes" in written(kind, "en").text
            assert f"der Code {minutes} Minuten" in written(kind, "de").text

    def test_write_durations_in_their_language(self) -> None:
        text = [written("reset_password", "de", expires=it).text for it in ("1 day", "24 hours")]

        assert "Der Link gilt 1 Tag," in text[0]
        assert "Der Link gilt 24 Stunden," in text[1]

    def test_greet_those_without_a_name(self) -> None:
        assert written("reset_password", "en", user_name="").text.startswith("Hello,\n")

    def test_leave_no_hole_where_a_value_is_missing(self) -> None:
        writer = JinjaLetters(service_name="x")

        with pytest.raises(UndefinedError):
            writer.write(Letter(kind="reset_password", language=None, values={}))

    def test_leave_no_sign_of_themselves(self) -> None:
        for kind, language in CASES:
            words = written(kind, language)
            assert not re.search(r"\{[{%#]|[%#}]\}", words.subject + words.text + words.html)
            assert "\n\n\n" not in words.text
