"""What every `LetterWriter` promises."""

from abc import ABC, abstractmethod

import pytest

from hexkey.application.outbox.letters import LETTERS
from hexkey.application.ports.mail import Letter, LetterWriter


def a_letter(kind: str = "verify_email", *, language: str | None = None, **said: str) -> Letter:
    """A letter of that kind, in which each value is its own name unless it is said."""
    values = {name: said.get(name, f"the-{name}") for name in LETTERS[kind].values}
    return Letter(kind=kind, language=language, values=values)


class LetterWriterContract(ABC):
    """Subclass as `TestXxx` and provide the `writer` fixture."""

    @abstractmethod
    def writer(self) -> LetterWriter: ...

    @pytest.mark.parametrize("kind", LETTERS)
    def test_writes_every_kind(self, writer: LetterWriter, kind: str) -> None:
        words = writer.write(a_letter(kind))

        assert words.subject.strip() == words.subject != ""
        assert words.text.strip()
        assert words.html.strip()

    @pytest.mark.parametrize("kind", [it for it, plan in LETTERS.items() if plan.page])
    def test_says_the_link_in_both_forms(self, writer: LetterWriter, kind: str) -> None:
        words = writer.write(a_letter(kind))

        assert "the-link" in words.text
        assert 'href="the-link"' in words.html

    def test_knows_no_other_kind(self, writer: LetterWriter) -> None:
        with pytest.raises(KeyError):
            writer.write(Letter(kind="love_letter", language=None, values={}))

    def test_writes_to_whoever_speaks_an_unknown_language(self, writer: LetterWriter) -> None:
        assert writer.write(a_letter(language="tlh")) == writer.write(a_letter())

    @pytest.mark.parametrize("header", ["", "*", ",;", "tlh", "\x00", "de;q=nan", "-" * 10_000])
    def test_fits_no_language_to_a_header_that_names_none(
        self, writer: LetterWriter, header: str
    ) -> None:
        assert writer.language_for(header) is None
