"""Mails as files, for looking at."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypedDict, get_args

from hexkey.application.ports.mail import Letter, LetterWriter
from hexkey.entrypoints.cli.refusals import CommandRefused
from hexkey.entrypoints.cli.sample_letters import sample_letters
from hexkey.entrypoints.settings import Settings

LANGUAGES: tuple[str, ...] = get_args(Settings.model_fields["language"].annotation)


class Preview(TypedDict):
    """One mail that was written.

    Attributes:
        file: the page; its text lies beside it, as `.txt`.
    """

    kind: str
    language: str
    subject: str
    file: str


def write_previews(
    writer: LetterWriter, folder: Path, *, languages: Iterable[str], account_pages: str
) -> list[Preview]:
    """Write `<language>/<kind>.html` and `.txt` into `folder`, over what was there.

    Raises:
        CommandRefused: if that is not possible.
    """
    try:
        return list(_written(writer, folder, languages, account_pages))
    except OSError as error:
        raise CommandRefused(
            "cannot_write", f"Cannot write to {folder}: {error.strerror}."
        ) from None


def _written(
    writer: LetterWriter, folder: Path, languages: Iterable[str], account_pages: str
) -> Iterator[Preview]:
    for language in languages:
        (folder / language).mkdir(parents=True, exist_ok=True)
        for letter in sample_letters(language, account_pages=account_pages):
            yield _put(writer, letter, folder / language / f"{letter.kind}.html")


def _put(writer: LetterWriter, letter: Letter, file: Path) -> Preview:
    words = writer.write(letter)
    file.write_text(words.html, encoding="utf-8")
    file.with_suffix(".txt").write_text(f"Subject: {words.subject}\n\n{words.text}", "utf-8")
    return Preview(
        kind=letter.kind,
        language=letter.language or "",
        subject=words.subject,
        file=str(file),
    )
