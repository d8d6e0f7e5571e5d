"""Write docs/security-rows.md: which tests hold which promise of security.

    python tools/security_rows.py [--check]

A test holds a row when the row's id stands in its name (`test_pw_04_no_truncation`), or in the
docstring of the test, of its class or of its module ("PW-04: …").
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.flaws_of_others import FLAWS
from tools.promises import PROMISES

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "security-rows.md"

_IN_NAME = re.compile(r"(?<![a-z])([a-z]{2})_(\d{2})(?!\d)")
_IN_TEXT = re.compile(r"\b([A-Z]{2})-(\d{2})\b")
_FLAW_IN_NAME = re.compile(r"(?<![a-z])p_?(\d{2,3})(?!\d)")
_FLAW_IN_TEXT = re.compile(r"\bP(\d{2,3})\b")

_INTRODUCTION = """\
# Promises of security, and the tests that hold them

Made by `make security-rows`; a test fails when this page lags behind the tests, or when a
promise has no test. Run one row with, for example, `.venv/bin/pytest -k pw_04`, where the name
carries the id, or by the file that is named here.

| id | promise | held by |
|---|---|---|
"""

_FLAWS_OF_OTHERS = """
## Flaws that others had, and the tests that keep them out of here

| number | what went wrong, and where | kept out by |
|---|---|---|
"""

Tests = dict[str, list[str]]


def tests_by_row() -> Tests:
    """The tests of every row that any test names, in the order of the files."""
    rows: Tests = {}
    for file in sorted((ROOT / "tests").rglob("*.py")):
        name = file.relative_to(ROOT).as_posix()
        for row, test in _in_module(ast.parse(file.read_text())):
            rows.setdefault(row, []).append(f"{name}::{test}")
    return rows


def _in_module(module: ast.Module) -> Iterator[tuple[str, str]]:
    everything = _rows(ast.get_docstring(module))
    for node in module.body:
        if isinstance(node, ast.ClassDef):
            shared = everything | _rows(ast.get_docstring(node)) | _rows_of_name(node.name)
            for member in node.body:
                yield from _in_test(member, shared, f"{node.name}::")
        else:
            yield from _in_test(node, everything, "")


def _in_test(node: ast.stmt, shared: set[str], prefix: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
        own = _rows(ast.get_docstring(node)) | _rows_of_name(node.name)
        for row in sorted(own or shared):
            yield row, prefix + node.name


def _rows(text: str | None) -> set[str]:
    promises = {f"{area}-{number}" for area, number in _IN_TEXT.findall(text or "")}
    return promises | {f"P{number}" for number in _FLAW_IN_TEXT.findall(text or "")}


def _rows_of_name(name: str) -> set[str]:
    promises = {f"{area.upper()}-{number}" for area, number in _IN_NAME.findall(name)}
    return promises | {f"P{number}" for number in _FLAW_IN_NAME.findall(name)}


def missing() -> list[str]:
    """Promises that no test holds, and flaws that no test keeps out."""
    held = tests_by_row()
    return [row for row in (*PROMISES, *FLAWS) if row not in held]


def page() -> str:
    """What docs/security-rows.md should say."""
    held = tests_by_row()
    promises = (
        f"| {row} | {promise} | {_cell(held.get(row, []))} |\n" for row, promise in PROMISES.items()
    )
    flaws = (
        f"| {row} | {what} ({where}) | {_cell(held.get(row, []))} |\n"
        for row, (where, what) in FLAWS.items()
    )
    return "".join((_INTRODUCTION, *promises, _FLAWS_OF_OTHERS, *flaws))


def _cell(tests: list[str]) -> str:
    files: dict[str, list[str]] = {}
    for test in tests:
        file, _, name = test.partition("::")
        files.setdefault(file, []).append(name.replace("::", "."))
    return "<br>".join(
        f"[{Path(file).stem}](../{file}): {', '.join(f'`{name}`' for name in names)}"
        for file, names in files.items()
    )


def main(arguments: list[str]) -> int:
    """The exit status: 1 if a promise has no test, or the page to check is old."""
    if unheld := missing():
        print(f"no test holds {', '.join(unheld)}")
    if "--check" not in arguments:
        PAGE.write_text(page())
        return bool(unheld)
    old = not PAGE.exists() or PAGE.read_text() != page()
    if old:
        print("docs/security-rows.md is old. Run: make security-rows")
    return bool(unheld or old)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
