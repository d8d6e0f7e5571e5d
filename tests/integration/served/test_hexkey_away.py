"""An application whose Hexkey is not there: not yet, or no longer."""

import time
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient

from hexkey.entrypoints.http.security import Security
from tests.support.hosts import PASSWORD, SETTINGS, host
from tests.support.server import Server, free_port, running_server

ACCOUNT = {"username": "ada", "password": PASSWORD}


def token_of(server: Server) -> str:
    httpx2.post(f"{server.url}/users", json=ACCOUNT).raise_for_status()
    return str(httpx2.post(f"{server.url}/token", data=ACCOUNT).json()["access_token"])


def status(client: TestClient, token: str) -> int:
    return client.get("/me", headers={"Authorization": f"Bearer {token}"}).status_code


def becomes(expected: int, client: TestClient, token: str) -> bool:
    begun = time.monotonic()
    while time.monotonic() - begun < 15:
        if status(client, token) == expected:
            return True
    return False


class TestRemoteSecurity:
    def test_starts_before_hexkey_and_outlives_it(self, tmp_path: Path) -> None:
        port = free_port()
        security = Security.remote(f"http://127.0.0.1:{port}")
        with TestClient(host(security)) as client:
            assert client.get("/me").status_code == 401
            with running_server(SETTINGS, folder=tmp_path, port=port) as server:
                token = token_of(server)
                assert becomes(200, client, token)
                server.kill()

            assert {status(client, token) for _ in range(20)} == {200}

    def test_that_is_strict_refuses_everybody_while_hexkey_is_silent(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        port = free_port()
        with running_server(SETTINGS, folder=tmp_path, port=port) as server:
            limit = timedelta(seconds=2)
            security = Security.remote(server.url, max_staleness=limit, strict=True)
            with TestClient(host(security)) as client:
                token = token_of(server)
                assert status(client, token) == 200
                server.kill()
                killed = time.monotonic()

                assert becomes(503, client, token)
                assert time.monotonic() - killed < 3
                assert "revocations of Hexkey cannot be had" in caplog.text
                with running_server(SETTINGS, folder=tmp_path, port=port):
                    assert becomes(200, client, token)
