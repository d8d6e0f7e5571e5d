"""examples/webhook_receiver as a process of its own, and a real Hexkey that calls it."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support.server import ROOT, Server, free_port, run_program, running_server

EXAMPLE = ROOT / "examples" / "webhook_receiver"
ACCOUNT = {"username": "ada", "password": "a long walk in the rain"}
PATIENCE = 30  # seconds, on a machine that does other things as well


@contextmanager
def running_receiver(secret: str, *, port: int, folder: Path) -> Iterator[str]:
    """The example, for as long as the block lasts."""
    environment = {**os.environ, "WEBHOOK_SECRET": secret}
    command = [sys.executable, "-m", "uvicorn", "main:app", "--port", str(port)]
    with (folder / "receiver.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=EXAMPLE, env=environment, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: process.poll() is None and _answers(url))
        yield url
    finally:
        process.kill()
        process.wait()


def eventually(condition: Callable[[], object]) -> None:
    """Look again and again, as whoever waits for a mail does."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        threading.Event().wait(0.05)


def _answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/heard", timeout=5).status_code == 200
    except httpx2.TransportError:
        return False


def heard(receiver: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx2.get(f"{receiver}/heard").json()
    return found


@pytest.fixture
def hexkey(tmp_path: Path) -> Iterator[Server]:
    with running_server(folder=tmp_path) as server:
        yield server


class TestWebhookReceiver:
    def test_hears_of_a_registration_from_a_real_server(self, hexkey: Server) -> None:
        port = free_port()
        added = hexkey_says(hexkey, "webhooks", "add", f"http://127.0.0.1:{port}/hexkey")
        with running_receiver(added["secret"], port=port, folder=hexkey.folder) as receiver:
            assert hexkey_says(hexkey, "webhooks", "test", added["id"])["taken"]
            user = httpx2.post(f"{hexkey.url}/users", json=ACCOUNT).raise_for_status().json()

            eventually(lambda: user["id"] in heard(receiver)["users"])

            kinds = sorted(heard(receiver)["messages"].values())
            assert kinds == ["user.created", "webhook.test"]
            assert heard(receiver)["users"][user["id"]]["username"] == "ada"

    def test_believes_nobody_else(self, tmp_path: Path) -> None:
        secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        forged = {
            "webhook-id": "1",
            "webhook-timestamp": str(int(time.time())),
            "webhook-signature": "v1,AAAA",
            "content-type": "application/json",
        }
        body = {"type": "user.created", "timestamp": "", "data": {"user": {"id": "evil"}}}
        with running_receiver(secret, port=free_port(), folder=tmp_path) as receiver:
            for headers in (forged, {}, forged | {"webhook-signature": "nonsense"}):
                answer = httpx2.post(f"{receiver}/hexkey", json=body, headers=headers)
                assert answer.status_code == 401

            assert heard(receiver) == {"users": {}, "messages": {}}


def hexkey_says(server: Server, *arguments: str) -> dict[str, Any]:
    """What a command prints, in the server's own folder."""
    done = run_program(*arguments, "--json", folder=server.folder)
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said
