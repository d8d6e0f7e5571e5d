"""Passwords on a terminal."""

import os
import pty
import select
import subprocess
import sys
from pathlib import Path

from tests.support.server import environment, run_program

PASSWORD = "a long walk in the rain"
_SCRIPT = "from hexkey.entrypoints.cli.main import main; main()"


def typed(folder: Path, arguments: list[str], *answers: str) -> tuple[int, str]:
    """Run the program on a terminal of its own; its status and all that was to be seen."""
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _SCRIPT, *arguments],
        cwd=folder, env=environment(folder, {"TERM": "dumb"}),
        stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True,
    )  # fmt: skip
    os.close(terminal)
    seen = ""
    for answer in answers:
        seen += _until(controller, ": ")
        os.write(controller, f"{answer}\n".encode())
    seen += _until(controller, None)
    os.close(controller)
    return process.wait(30), seen


def _until(controller: int, end: str | None) -> str:
    seen = b""
    while end is None or not seen.endswith(end.encode()):
        assert select.select([controller], [], [], 60)[0], seen
        try:
            part = os.read(controller, 4096)
        except OSError:  # the program has closed its side
            break
        if not part:
            break
        seen += part
    return seen.decode()


class TestPassword:
    def test_is_asked_for_twice_and_never_shown(self, tmp_path: Path) -> None:
        """PW-12."""
        status, seen = typed(tmp_path, ["users", "create", "--username", "ada"], PASSWORD, PASSWORD)

        assert status == 0, seen
        assert "ada" in seen
        assert PASSWORD not in seen
        shown = run_program("users", "show", "ada", folder=tmp_path)
        assert shown.returncode == 0

    def test_is_refused_when_the_two_differ(self, tmp_path: Path) -> None:
        status, seen = typed(
            tmp_path, ["users", "create", "--username", "ada"], PASSWORD, "another one entirely"
        )

        assert status == 1
        assert "(passwords_differ)" in seen
        assert PASSWORD not in seen
        assert run_program("users", "show", "ada", folder=tmp_path).returncode == 3


class TestProgram:
    def test_names_itself(self, tmp_path: Path) -> None:
        result = run_program("version", folder=tmp_path)

        assert (result.returncode, result.stderr) == (0, "")
        assert "hexkey" in run_program("--help", folder=tmp_path).stdout

    def test_loads_nothing_that_help_does_not_need(self, tmp_path: Path) -> None:
        """`--help` and `version` are quick because they import no framework and no adapter."""
        script = (
            "import sys; import hexkey.entrypoints.cli.main; "
            "print([it for it in sys.modules if it in "
            "('fastapi', 'pydantic', 'sqlalchemy', 'uvicorn', 'dependency_injector', 'asyncio')])"
        )
        result = subprocess.run(
            [sys.executable, "-c", script],
            cwd=tmp_path, env=environment(tmp_path, {}), capture_output=True, text=True, check=True,
        )  # fmt: skip

        assert result.stdout == "[]\n"
