"""Letters in words, with Jinja2."""

from collections.abc import Mapping
from pathlib import Path

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined, TemplateNotFound
from jinja2.sandbox import SandboxedEnvironment

from hexkey.adapters.mail.inert_values import MAX_SUBJECT_LENGTH, inert, one_line
from hexkey.adapters.mail.languages import accepted, lookup
from hexkey.adapters.mail.overrides import ensure_usable
from hexkey.application.ports.mail import Letter, LetterWriter, WrittenLetter

TEMPLATES = Path(__file__).parent / "templates"
_SUBJECT = "Subject: "


class JinjaLetters(LetterWriter):
    """Each kind of letter is two files a language: `en/verify_email.txt` and `….html`.

    The block `subject` of the first is the subject of both. HTML is escaped, and every value is one
    line of text that can do nothing but be read.

    Args:
        default_language: of letters to people of whom no language is known, or an unknown one.
        overrides: a folder of the same form whose files go before these, one by one. It may hold
            further languages; what one of them lacks is written in the default language.

    Raises:
        UnusableTemplates: if `overrides` holds what could not be used.
    """

    def __init__(
        self, *, service_name: str, default_language: str = "en", overrides: Path | None = None
    ) -> None:
        self._folders = [TEMPLATES] if overrides is None else [overrides, TEMPLATES]
        self._languages = _languages(self._folders)
        self._default = lookup([default_language], self._languages) or "en"
        self.environment = _environment_of(self._folders)
        if overrides is not None:
            ensure_usable(overrides, self.environment)
        self._service_name = service_name

    @property
    def languages(self) -> frozenset[str]:
        """In which there are templates."""
        return self._languages

    def write(self, letter: Letter) -> WrittenLetter:
        language = lookup([letter.language or ""], self._languages) or self._default
        values = inert({**letter.values, "service_name": self._service_name})
        words = self._rendered(letter.kind, "txt", language, values)
        first, _, text = words.partition("\n")
        subject = one_line(first.removeprefix(_SUBJECT), most=MAX_SUBJECT_LENGTH)
        html = self._rendered(letter.kind, "html", language, {**values, "subject": subject})
        return WrittenLetter(subject=subject, text=text.strip() + "\n", html=html)

    def language_for(self, wanted: str) -> str | None:
        return lookup(accepted(wanted), self._languages)

    def _rendered(self, kind: str, form: str, language: str, values: Mapping[str, str]) -> str:
        names = [f"{it}/{kind}.{form}" for it in (language, self._default, "en")]
        try:
            template = self.environment.select_template(names)
        except TemplateNotFound:
            raise KeyError(kind) from None
        return template.render(values)


def _environment_of(folders: list[Path]) -> SandboxedEnvironment:
    """Strict, since a letter with a hole in it is worse than none.

    Sandboxed, so that whoever may edit templates may not run programs.
    """
    return SandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(it) for it in folders]),
        autoescape=lambda name: not (name or "").endswith(".txt"),
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _languages(folders: list[Path]) -> frozenset[str]:
    return frozenset(
        it.name for folder in folders if folder.is_dir() for it in folder.iterdir() if it.is_dir()
    )
