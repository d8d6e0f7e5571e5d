"""Every command that the README walks through, run against a real server."""

import json
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from tests.support.markdown import Block, blocks
from tests.support.server import ROOT, Server, running_server

README = ROOT / "README.md"
SHOWN_URL = "http://127.0.0.1:8000"
END_OF_BLOCK = "\x1e"
ANYTHING = "…"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server() as server:
        yield server


def steps() -> list[tuple[str, Block | None]]:
    """Each command, and what the page shows as its result."""
    found = [*blocks(README, section="Walk through"), Block("", "")]
    return [
        (command.text, shown if shown.language in ("json", "text") else None)
        for command, shown in pairwise(found)
        if command.language == "sh"
    ]


def outputs(commands: list[str], server: Server) -> list[str]:
    """What each command prints, all of them in one shell."""
    script = "".join(f"{command}\nprintf '\\x1e'\n" for command in commands)
    run = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script.replace(SHOWN_URL, server.url)],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return run.stdout.split(END_OF_BLOCK)[:-1]


def looks_like(shown: Any, real: Any) -> bool:
    """Whether `real` is what is shown, where an ellipsis stands for any text but an empty one."""
    match shown:
        case dict():
            same_keys = isinstance(real, dict) and shown.keys() == real.keys()
            return same_keys and all(looks_like(shown[key], real[key]) for key in shown)
        case list():
            same_length = isinstance(real, list) and len(shown) == len(real)
            return same_length and all(map(looks_like, shown, real))
        case _:
            return bool(real) and isinstance(real, str) if shown == ANYTHING else shown == real


class TestWalkThrough:
    def test_prints_what_the_page_shows(self, server: Server) -> None:
        commands, shown = zip(*steps(), strict=True)

        printed = outputs(list(commands), server)

        assert len(printed) == len(commands) >= 8
        for block, real in zip(shown, printed, strict=True):
            if block is None:
                assert real == ""
            elif block.language == "json":
                assert looks_like(json.loads(block.text), json.loads(real)), real
            else:
                assert real == block.text
