"""`make env` on machines that cannot have it: one clear sentence, and nothing left behind."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

OLD_PYTHON = """#!/bin/sh
case "$2" in
*version_info*) exit 1 ;;
*) echo 3.10.14 ;;
esac
"""


def build(folder: Path, python: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["sh", ROOT / "tools" / "build_env.sh", "requirements.lock"],
        cwd=folder, env={"PATH": "/usr/bin:/bin", "PYTHON": python},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


class TestEnvironment:
    def test_refuses_an_older_python(self, tmp_path: Path) -> None:
        python = tmp_path / "python3.10"
        python.write_text(OLD_PYTHON)
        python.chmod(0o755)

        run = build(tmp_path, str(python))

        assert run.returncode == 1
        assert "Python 3.11 or newer is needed" in run.stderr
        assert "3.10.14" in run.stderr
        assert not (tmp_path / ".venv").exists()

    def test_says_when_there_is_no_python(self, tmp_path: Path) -> None:
        run = build(tmp_path, "no-such-python")

        assert run.returncode == 1
        assert "there is no no-such-python" in run.stderr

    @pytest.mark.parametrize("target", ["serve", "test", "check"])
    def test_is_built_by_whatever_needs_it(self, target: str) -> None:
        planned = subprocess.run(
            ["make", "--dry-run", "--always-make", target],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip

        lock = "requirements.lock" if target == "serve" else "requirements-dev.lock"
        assert f"sh tools/build_env.sh {lock}" in planned.stdout
