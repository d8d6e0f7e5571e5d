"""A deployment's own templates, looked at before the first letter is written."""

from collections.abc import Iterator
from pathlib import Path

from jinja2 import TemplateSyntaxError, meta
from jinja2.sandbox import SandboxedEnvironment

from hexkey.application.outbox.letters import LETTERS

_FORMS = (".txt", ".html")
_SHARED = frozenset({"layout.txt", "layout.html", "parts.html", "words.txt"})
_GIVEN_BY_US = frozenset({"subject"})  # to the HTML, from the first line of the text


class UnusableTemplates(ValueError):
    """The folder holds templates that could not be used; the message says which, and why."""


def ensure_usable(folder: Path, environment: SandboxedEnvironment) -> None:
    """Find what would otherwise show in the first letter of a kind.

    Raises:
        UnusableTemplates: with a line for each fault.
    """
    if not folder.is_dir():
        raise UnusableTemplates(f"{folder} is no folder")
    found = list(_faults(folder, environment))
    if found:
        raise UnusableTemplates("\n".join(found))


def _faults(folder: Path, environment: SandboxedEnvironment) -> Iterator[str]:
    for file in sorted(it for it in folder.rglob("*") if it.suffix in _FORMS):
        name = file.relative_to(folder).as_posix()
        if file.name not in _SHARED and (name.count("/") != 1 or file.stem not in LETTERS):
            yield f"{name}: there is no such letter"
            continue
        try:
            named = meta.find_undeclared_variables(environment.parse(file.read_text("utf-8")))
        except (TemplateSyntaxError, UnicodeError) as error:
            yield f"{name}: {error}"
            continue
        if unknown := named - _known(file):
            yield f"{name}: nothing is known of {', '.join(sorted(unknown))}"


def _known(file: Path) -> frozenset[str]:
    plans = [LETTERS[file.stem]] if file.stem in LETTERS else LETTERS.values()
    return _GIVEN_BY_US.union(*(it.values for it in plans))
