"""The program `hexkey`, run inside the test's own process."""

import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from hexkey.entrypoints.cli.main import app

PASSWORD = "a long walk in the rain"


@dataclass(frozen=True)
class Program:
    """Runs commands in `folder`, which is also the working directory."""

    folder: Path

    def __call__(self, *arguments: str, stdin: str | bytes = "", **env: str) -> Result:
        """Run one command; `HEXKEY_` is put before the names of `env`."""
        settings = {f"HEXKEY_{name.upper()}": value for name, value in env.items()}
        cost = {"HEXKEY_BCRYPT_COST": "10"}
        return CliRunner().invoke(app, arguments, input=stdin, env={**cost, **settings})

    def json(self, *arguments: str, stdin: str = "", **env: str) -> list[dict[str, Any]]:
        """The objects that a successful command prints."""
        result = self(*arguments, "--json", stdin=stdin, **env)
        assert result.exit_code == 0, result.stderr
        return [json.loads(line) for line in result.stdout.splitlines()]

    def create(self, username: str, *arguments: str) -> dict[str, Any]:
        """Make a user, whose password is `PASSWORD`."""
        made = self.json(
            "users", "create", "--username", username, *arguments, stdin=f"{PASSWORD}\n"
        )
        return made[0]


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty working directory and an environment without settings."""
    for name in [name for name in os.environ if name.upper().startswith("HEXKEY_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def _logging_put_back() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, raising = root.handlers[:], root.level, logging.raiseExceptions
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in ("hexkey", "uvicorn.error"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    logging.captureWarnings(False)
    logging.raiseExceptions = raising


@pytest.fixture
def hexkey(alone: Path, _logging_put_back: None) -> Program:
    """The program in an empty folder."""
    return Program(alone)
