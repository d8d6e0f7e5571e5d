"""The examples of an application with Hexkey elsewhere, and with Hexkey inside."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from tests.support.jose import read
from tests.support.server import ROOT, running_server

ACCOUNT = {"username": "ada", "password": "a long walk in the rain"}
SETTINGS = {"HEXKEY_SCOPES": "notes:write", "HEXKEY_BCRYPT_COST": "10"}


def loaded(example: str) -> Any:
    file = ROOT / "examples" / example / "main.py"
    spec = importlib.util.spec_from_file_location(example, file)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=["protected_service", "embedded_app"])
def clients(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[TestClient, Any]]:
    """Of the application, and of Hexkey."""
    if request.param == "protected_service":
        with running_server(SETTINGS, folder=tmp_path) as server:
            monkeypatch.setenv("ISSUER", server.url)
            app = loaded(request.param).app
            with TestClient(app) as client, httpx2.Client(base_url=server.url) as auth:
                yield client, auth
        return
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEXKEY_DATABASE_URL", "memory://")
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    with TestClient(loaded(request.param).app) as client:
        yield client, Prefixed(client)


class Prefixed:
    def __init__(self, client: TestClient) -> None:
        self.client = client

    def post(self, path: str, **rest: Any) -> Any:
        return self.client.post(f"/auth{path}", **rest)


def test_the_example_does_what_it_shows(clients: tuple[TestClient, Any]) -> None:
    app, auth = clients
    auth.post("/users", json=ACCOUNT).raise_for_status()
    answer = auth.post("/token", data=ACCOUNT | {"scope": "notes:write"})
    token = answer.json()["access_token"]
    ada = {"Authorization": f"Bearer {token}"}

    assert app.get("/").json() == {"signed_in": False}
    assert app.get("/", headers=ada).json() == {"signed_in": True}
    assert app.get("/notes").status_code == 401
    assert app.post("/notes?text=hello", headers=ada).status_code == 201
    assert app.get("/notes", headers=ada).json() == {
        "owner": read(token)[1]["sub"],
        "notes": ["hello"],
    }
    assert app.delete("/notes", headers=ada).status_code == 403

    plain = auth.post("/token", data=ACCOUNT).json()["access_token"]
    without = {"Authorization": f"Bearer {plain}"}
    assert app.post("/notes?text=no", headers=without).status_code == 403
