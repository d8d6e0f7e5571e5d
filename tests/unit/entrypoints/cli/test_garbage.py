"""A full collection must not walk what a start left: nobody is answered meanwhile."""

import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from socket import socket

import pytest
import uvicorn

from hexkey.entrypoints.cli.listening import Address
from hexkey.entrypoints.cli.server import serve_here
from hexkey.entrypoints.http.app import create_app
from hexkey.entrypoints.settings import Settings

pytestmark = pytest.mark.anyio

_A_WORKER = """
import gc
from hexkey.entrypoints.cli.worker import make_app
make_app()
print(gc.get_freeze_count())
"""
MANY = 50_000  # objects; an application has twice as many


@pytest.fixture(autouse=True)
def _node(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("HEXKEY_DATABASE_URL", "memory://")
    monkeypatch.setenv("HEXKEY_DATA_DIR", str(tmp_path))
    gc.unfreeze()
    yield
    gc.unfreeze()


class RecordingServer(uvicorn.Server):
    """Serves nobody, and says how much was exempt when it should have."""

    exempt = 0

    async def serve(self, sockets: list[socket] | None = None) -> None:
        del sockets
        self.exempt = gc.get_freeze_count()


class TestACollection:
    async def test_spares_the_application_of_the_only_worker(self) -> None:
        app = create_app(Settings())
        server = RecordingServer(uvicorn.Config(app))

        with socket() as listener:
            await serve_here(app, server, listener, Address("127.0.0.1", 0))

        assert server.exempt > MANY

    def test_spares_the_application_of_one_worker_among_several(self) -> None:
        # In a process of its own, because it sets up logging for the whole of one.
        exempt = subprocess.run(
            [sys.executable, "-c", _A_WORKER], capture_output=True, text=True, check=True
        )

        assert int(exempt.stdout) > MANY
