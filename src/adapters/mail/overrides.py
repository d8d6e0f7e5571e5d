"""A deployment's own templates, looked at before the first letter is written."""

from collections.abc import Iterator
from pathlib import Path

from jinja2 import TemplateSyntaxError, meta, nodes
from jinja2.sandbox import SandboxedEnvironment

from hexkey.application.outbox.letters import LETTERS

_FORMS = (".txt", ".html")
_SHARED = frozenset({"layout.txt", "layout.html", "parts.html", "words.html"})
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


def values_named(template: nodes.Template) -> frozenset[str]:
    """What a template wants to be given."""
    imports = template.find_all(nodes.Import)
    return frozenset(meta.find_undeclared_variables(template) - {it.target for it in imports})


def _faults(folder: Path, environment: SandboxedEnvironment) -> Iterator[str]:
    for file in sorted(it for it in folder.rglob("*") if it.suffix in _FORMS):
        name = file.relative_to(folder).as_posix()
        if file.name not in _SHARED and (name.count("/") != 1 or file.stem not in LETTERS):
            yield f"{name}: there is no such letter"
            continue
        try:
            template = environment.parse(file.read_text("utf-8"))
            yield from (f"{name}: {fault}" for fault in _faults_in(template, file))
        except (TemplateSyntaxError, UnicodeError) as error:
            yield f"{name}: {error}"


def _faults_in(template: nodes.Template, file: Path) -> Iterator[str]:
    plans = [LETTERS[file.stem]] if file.stem in LETTERS else LETTERS.values()
    if unknown := values_named(template) - _GIVEN_BY_US.union(*(it.values for it in plans)):
        yield f"nothing is known of {', '.join(sorted(unknown))}"
    used = meta.find_referenced_templates(template)
    if file.suffix == ".html" and any((it or "").endswith(".txt") for it in used):
        yield "it uses a .txt, and what that says would not be escaped"
