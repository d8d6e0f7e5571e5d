"""The reference pages say what the program does: no more, no less."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from hexkey.entrypoints.cli.main import app
from hexkey.entrypoints.cli.refusals import ExitStatus
from tools import settings_reference

PAGE = settings_reference.PAGE.with_name("cli.md").read_text(encoding="utf-8")


def commands(command: Any, name: str = "hexkey") -> Iterator[tuple[str, Any]]:
    """Every command that can be given, with its whole name."""
    if not hasattr(command, "commands"):
        yield name, command
    for word, child in getattr(command, "commands", {}).items():
        yield from commands(child, f"{name} {word}")


COMMANDS = dict(commands(typer.main.get_command(app)))


def section(name: str) -> str:
    """What the page says below the heading of `name`."""
    return re.split(r"^#", PAGE.partition(f"# `{name}`\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


class TestReferenceOfTheProgram:
    @pytest.mark.parametrize("name", COMMANDS)
    def test_knows_every_command_and_its_options(self, name: str) -> None:
        options = {it.opts[0] for it in COMMANDS[name].params if it.opts[0].startswith("--")}

        assert section(name)
        assert set(re.findall(r"`(--[a-z-]+)`", section(name))) == options - {"--help"}

    def test_knows_no_command_that_does_not_exist(self) -> None:
        names = "users passwords keys outbox webhooks mail maintenance config roles api-keys"
        groups = {f"hexkey {name}" for name in names.split()}

        assert set(re.findall(r"^#+ `(hexkey .+)`$", PAGE, re.MULTILINE)) == set(COMMANDS) | groups

    @pytest.mark.parametrize("name", COMMANDS)
    def test_shows_the_defaults_of_the_program(self, name: str) -> None:
        for parameter in COMMANDS[name].params:
            if parameter.default not in (None, False):
                assert f"| `{parameter.opts[0]}` | `{parameter.default}` |" in section(name)

    def test_explains_every_exit_status(self) -> None:
        explained = {int(it) for it in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}

        assert explained == {*ExitStatus, 130}


class TestReferenceOfTheSettings:
    def test_is_what_the_settings_are(self) -> None:
        command = "run: python tools/settings_reference.py"

        assert settings_reference.PAGE.read_text() == settings_reference.page(), command

    def test_notices_a_change(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
        (tmp_path / "settings.md").write_text("| `HEXKEY_GONE` |\n")
        monkeypatch.setattr(settings_reference, "PAGE", tmp_path / "settings.md")
        monkeypatch.setattr("sys.argv", ["settings_reference.py", "--check"])

        with pytest.raises(SystemExit, match="Run: "):
            settings_reference.main()
