"""The Python of the README: an application that mounts Hexkey, and an adapter of its own."""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import httpx2
import pytest
from fastapi.testclient import TestClient

from tests.support.markdown import assignments, python_block
from tests.support.server import ROOT, running_server

README = ROOT / "README.md"
ACCOUNT = {"username": "ada", "password": "a long walk in the rain"}


class TestMountedHexkey:
    @pytest.fixture
    def client(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("HEXKEY_DATABASE_URL", "memory://")
        monkeypatch.setenv("HEXKEY_BCRYPT_COST", "10")
        module = ModuleType("shown")
        exec(compile(python_block(README, file="app.py"), "README.md", "exec"), vars(module))
        with TestClient(module.app) as client:
            yield client

    @pytest.fixture
    def signed_in(self, client: TestClient) -> dict[str, str]:
        assert client.post("/auth/users", json=ACCOUNT).status_code == 201
        answer = client.post("/auth/token", data=ACCOUNT)
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def test_tells_the_host_who_is_calling(
        self, client: TestClient, signed_in: dict[str, str]
    ) -> None:
        me = client.get("/auth/users/me", headers=signed_in).json()

        assert client.get("/reports", headers=signed_in).json() == {"for": me["id"]}

    def test_keeps_strangers_out_of_the_host(self, client: TestClient) -> None:
        answer = client.get("/reports")

        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.json()["detail"] == "Not authenticated"

    def test_keeps_others_from_what_is_for_administrators(
        self, client: TestClient, signed_in: dict[str, str]
    ) -> None:
        assert client.delete("/reports", headers=signed_in).status_code == 403

    def test_is_what_the_documentation_of_the_host_signs_in_to(self, client: TestClient) -> None:
        schemes = client.get("/openapi.json").json()["components"]["securitySchemes"]

        assert schemes["Hexkey"]["flows"]["password"]["tokenUrl"] == "/auth/token"


class TestAdapterOfOnesOwn:
    def test_is_used_by_the_server(self, tmp_path: Path) -> None:
        (tmp_path / "our_words.py").write_text(python_block(README, file="our_words.py"))
        chosen = {"HEXKEY_ADAPTERS": assignments(README)["HEXKEY_ADAPTERS"]}

        with running_server(
            {**chosen, "PYTHONPATH": f"{tmp_path}:{ROOT}"}, folder=tmp_path
        ) as server:
            codes = [
                httpx2.post(f"{server.url}/users", json={"username": "ada", "password": it})
                for it in ("Example Corp 2026", "password1234", "a long walk in the rain")
            ]

        assert [it.json().get("code") for it in codes] == [
            "password_common",
            "password_common",
            None,
        ]
