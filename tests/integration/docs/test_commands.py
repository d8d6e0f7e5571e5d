"""Settings, commands and targets that the pages name exist, and mean what the pages say."""

import re
import shlex
from pathlib import Path

import pytest

from hexkey.entrypoints.first_start import ensure_safe
from hexkey.entrypoints.settings import load_settings
from tests.support.markdown import assignments, blocks
from tests.support.server import ROOT, run_program
from tools.check_links import pages

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
MAKEFILE = (ROOT / "Makefile").read_text()


def programs() -> list[str]:
    """Every line of a block for the shell that calls `hexkey`."""
    lines = {
        line
        for page in PAGES
        for block in blocks(page)
        if block.language == "sh"
        for line in block.text.splitlines()
        if line.startswith("hexkey ")
    }
    return sorted(lines)


class TestSettings:
    @pytest.mark.parametrize(
        "page", [it for it in PAGES if assignments(it)], ids=lambda it: it.name
    )
    def test_on_a_page_are_accepted(self, page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in assignments(page).items():
            monkeypatch.setenv(name, value)

        ensure_safe(load_settings(None))


class TestProgram:
    @pytest.mark.parametrize("line", programs())
    def test_on_a_page_can_be_called_like_that(self, line: str, tmp_path: Path) -> None:
        run = run_program(*shlex.split(line)[1:], "--help", folder=tmp_path)

        assert run.returncode == 0, run.stderr


class TestMake:
    @pytest.mark.parametrize("page", pages(), ids=lambda it: it.name)
    def test_has_every_target_that_a_page_names(self, page: Path) -> None:
        named = re.findall(r"(?:`|^)(?:\w+=\S+ )*make ([a-z-]+)", page.read_text(), re.MULTILINE)

        assert [it for it in named if not re.search(rf"^{it}:", MAKEFILE, re.MULTILINE)] == []
