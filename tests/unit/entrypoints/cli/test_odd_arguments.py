"""EH-01: whatever is typed, a command answers with a sentence, and never with a defect."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer

from hexkey.entrypoints.cli.main import app
from tests.support.program import PASSWORD, Program, _logging_put_back, alone, hexkey

__all__ = ["_logging_put_back", "alone", "hexkey"]

LONG = "x" * 65  # longer than any name, id or type that is kept
NO_UTF_8 = b"\xff\xfe".decode("utf-8", "surrogateescape")  # as the system hands such bytes over
MOST_ENDLESS = "9" * 5000

FREE = "WORD"  # stands for what is tried in its place
COMMANDS: Sequence[Sequence[str]] = [
    ("explain", FREE),
    *(("audit", "search", option, FREE) for option in ("--type", "--actor", "--subject")),
    ("audit", "search", "--outcome", FREE),
    ("audit", "search", "--since", FREE),
    ("audit", "verify", "--expect", f"{FREE}:x"),
    ("audit", "export", "--until", FREE),
    ("roles", "remove", FREE),
    ("roles", "add", FREE),
    ("roles", "permit", FREE, "users:read"),
    ("roles", "permit", "editor", FREE),
    ("users", "show", FREE),
    ("users", "enable", FREE),
    ("users", "grant-role", "ada", FREE),
    ("users", "grant-role", FREE, "admin"),
    ("users", "grant-admin", FREE),
    ("users", "invite", FREE),
    ("users", "invite", "bob@example.com", "--role", FREE),
    ("api-keys", "list", FREE),
    ("outbox", "show", FREE),
    ("webhooks", "remove", FREE),
    ("keys", "retire", FREE),
]


def with_word(command: Sequence[str], word: str) -> list[str]:
    """The command as it is typed."""
    return [it.replace(FREE, word) for it in command]


def leaves(command: Any, *names: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that can be given."""
    if not hasattr(command, "commands"):
        yield names, command
    for name, child in getattr(command, "commands", {}).items():
        yield from leaves(child, *names, name)


def taking_words() -> Iterator[Any]:
    """Every command with a word, and where in it, as the program itself says."""
    for names, command in leaves(typer.main.get_command(app)):
        for parameter in command.params:
            if parameter.type_descriptor.annotation is str:
                yield pytest.param(names, command, parameter, id=" ".join((*names, parameter.name)))


def given(names: Sequence[str], command: Any, odd: Any) -> list[str]:
    """That command, whose other arguments are not odd."""
    line = list(names)
    for it in command.params:
        option = it.opts[0].startswith("-")
        if it is odd:
            line += [it.opts[0], NO_UTF_8] if option else [NO_UTF_8]
        elif it.required:
            line += [it.opts[0], "word"] if option else ["word"]
    return line


@pytest.mark.parametrize("word", [LONG, MOST_ENDLESS, ""], ids=["long", "endless", "nothing"])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
class TestAnOddWord:
    def test_is_answered_by_a_sentence(
        self, hexkey: Program, command: Sequence[str], word: str
    ) -> None:
        if "ada" in command:
            hexkey.create("ada")

        result = hexkey(*with_word(command, word), stdin=f"{PASSWORD}\n")

        assert "internal_error" not in result.stderr
        assert result.exception is None or isinstance(result.exception, SystemExit)
        assert result.exit_code in {0, 1, 2, 3, 4}


class TestBytesThatAreNoText:
    @pytest.mark.parametrize(("names", "command", "odd"), [*taking_words()])
    def test_are_refused_by_every_command(
        self, hexkey: Program, names: Sequence[str], command: Any, odd: Any
    ) -> None:
        """Before anything is done: the two databases would fail on them in their own ways."""
        result = hexkey(*given(names, command, odd), stdin=f"{PASSWORD}\n")

        assert result.exit_code == 1
        assert result.stderr == f"hexkey: What is given as {odd.name} is not UTF-8. (not_utf_8)\n"
        assert not (hexkey.folder / "hexkey-data").exists()


class TestAnOutcome:
    def test_that_there_is_not_is_refused_with_those_there_are(self, hexkey: Program) -> None:
        """An empty table would say that nothing was refused."""
        refused = hexkey("audit", "search", "--outcome", "bogus")

        assert refused.exit_code == 2
        assert "must be one of done, refused, failed" in refused.stderr

    @pytest.mark.parametrize("outcome", ["done", "refused", "failed"])
    def test_that_there_is_is_searched_for(self, hexkey: Program, outcome: str) -> None:
        assert hexkey("audit", "search", "--outcome", outcome).exit_code == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a file that is always full is needed")
class TestAFullOutput:
    @pytest.mark.parametrize(
        "command",
        ["version", "version --json", "--help", "users list", "audit export"],
    )
    def test_is_said_in_one_sentence(self, hexkey: Program, command: str) -> None:
        hexkey("roles", "add", "editor")
        program = [sys.executable, "-c", "from hexkey.entrypoints.cli.main import main; main()"]

        with Path("/dev/full").open("w") as full:
            ended = subprocess.run(
                [*program, *command.split()],
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
                cwd=hexkey.folder,
            )

        assert ended.returncode == 1
        (line,) = [it for it in ended.stderr.splitlines() if it.startswith("hexkey: ")]
        assert line.startswith("hexkey: What there is to say cannot be written: No space left")
        assert "Traceback" not in ended.stderr
