"""A full collection must not walk what a start left: nobody is answered meanwhile."""

import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from socket import socket

import pytest
import uvicorn

from hexkey.entrypoints.cli.garbage import collect_later
from hexkey.entrypoints.cli.listening import Address
from hexkey.entrypoints.cli.server import serve_here
from hexkey.entrypoints.http.app import create_app
from hexkey.entrypoints.settings import Settings

pytestmark = pytest.mark.anyio

_A_WORKER = """
import gc
from hexkey.entrypoints.cli.garbage import collect_later
collect_later()
from hexkey.entrypoints.cli.worker import make_app
make_app()
print(gc.get_freeze_count() if gc.isenabled() else "disabled")
"""
_A_COMMAND = """
import gc, sys
from hexkey.entrypoints.cli import main
sys.argv = ["hexkey", "migrate"]
try:
    main.main()
finally:
    print(gc.get_freeze_count() if gc.isenabled() else "disabled", file=sys.stderr)
"""
MANY = 50_000  # objects; an application has twice as many


@pytest.fixture(autouse=True)
def _node(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("HEXKEY_DATABASE_URL", "memory://")
    monkeypatch.setenv("HEXKEY_DATA_DIR", str(tmp_path))
    gc.unfreeze()
    yield
    gc.unfreeze()
    gc.enable()


class RecordingServer(uvicorn.Server):
    """Serves nobody, and says how much was exempt when it should have, and of what."""

    exempt = 0
    collected = False

    async def serve(self, sockets: list[socket] | None = None) -> None:
        del sockets
        self.exempt, self.collected = gc.get_freeze_count(), gc.isenabled()


class TestACollection:
    async def test_spares_the_application_of_the_only_worker(self) -> None:
        collect_later()
        app = create_app(Settings())
        server = RecordingServer(uvicorn.Config(app))

        with socket() as listener:
            await serve_here(app, server, listener, Address("127.0.0.1", 0))

        assert server.exempt > MANY
        assert server.collected

    def test_spares_the_application_of_one_worker_among_several(self) -> None:
        # In a process of its own, because it sets up logging for the whole of one.
        exempt = subprocess.run(
            [sys.executable, "-c", _A_WORKER], capture_output=True, text=True, check=True
        )

        assert int(exempt.stdout) > MANY

    def test_is_made_again_when_a_command_has_started(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("HEXKEY_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path}/hexkey.db")

        done = subprocess.run(
            [sys.executable, "-c", _A_COMMAND], capture_output=True, text=True, check=True
        )

        assert int(done.stderr.splitlines()[-1]) > MANY
