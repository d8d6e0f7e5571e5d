"""WB-06: which pages may call the API from a browser."""

from collections.abc import AsyncIterator

import pytest

from hexkey.entrypoints.settings import BadConfiguration, load_settings
from tests.support.api import Api, an_api

pytestmark = pytest.mark.anyio

OURS = "https://app.example"
HOSTILE = [
    *("https://evil.example", "http://app.example", "https://app.example.evil.example", "null"),
    *("https://evil-app.example", "https://app.example:8443", "https://app.example/", "*", ""),
    *("https://APP.example", "https://xapp.example", "http://localhost.evil", "file://"),
    *(
        "https://app.example,https://evil.example",
        "https://app.example evil",
        "https://user@app.example",
    ),
]


@pytest.fixture
async def shared() -> AsyncIterator[Api]:
    async with an_api(cors_origins=f"{OURS},http://localhost:3000") as api:
        yield api


def preflight(origin: str, method: str = "POST", asked: str = "authorization, content-type"):  # type: ignore[no-untyped-def]  # headers
    return {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": asked,
    }


class TestListedOrigin:
    @pytest.mark.parametrize("origin", [OURS, "http://localhost:3000"])
    async def test_wb_06_is_named_and_nothing_else(self, shared: Api, origin: str) -> None:
        """WB-06."""
        answer = await shared.call("GET", "/livez", headers={"Origin": origin})

        assert answer.headers["access-control-allow-origin"] == origin
        assert "access-control-allow-credentials" not in answer.headers
        assert "origin" in answer.headers["vary"].lower()

    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
    async def test_wb_06_may_ask_before_it_calls(self, shared: Api, method: str) -> None:
        answer = await shared.call("OPTIONS", "/users/me", headers=preflight(OURS, method))

        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == OURS
        assert method in answer.headers["access-control-allow-methods"]

    @pytest.mark.parametrize(
        ("method", "asked"), [("TRACE", ""), ("POST", "x-evil"), ("POST", "cookie")]
    )
    async def test_wb_06_may_not_do_everything(self, shared: Api, method: str, asked: str) -> None:
        answer = await shared.call("OPTIONS", "/users/me", headers=preflight(OURS, method, asked))

        assert answer.status_code == 400

    @pytest.mark.parametrize(
        ("path", "status"), [("/users/me", 401), ("/nothing", 404), ("/users", 405)]
    )
    async def test_wb_06_reads_refusals_too(self, shared: Api, path: str, status: int) -> None:
        answer = await shared.call("GET", path, headers={"Origin": OURS})

        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == OURS
        assert "WWW-Authenticate" in answer.headers["access-control-expose-headers"]


class TestHostileOrigin:
    @pytest.mark.parametrize("origin", HOSTILE)
    async def test_wb_06_is_given_nothing(self, shared: Api, origin: str) -> None:
        """WB-06, P98."""
        plain = await shared.call("GET", "/livez", headers={"Origin": origin})
        asked = await shared.call("OPTIONS", "/users/me", headers=preflight(origin))

        for answer in (plain, asked):
            assert "access-control-allow-origin" not in answer.headers
            assert "access-control-allow-credentials" not in answer.headers
            assert "origin" in answer.headers["vary"].lower()
        assert asked.status_code in {400, 405}

    async def test_wb_06_cannot_be_poisoned_by_a_cache(self, shared: Api) -> None:
        """WB-06: also an answer to no page at all varies."""
        foreign = {"Host": "evil.example"}  # refused before any middleware has seen it
        for headers in ({}, foreign):
            answer = await shared.call("GET", "/livez", headers=headers)
            assert "origin" in answer.headers["vary"].lower()


class TestByDefault:
    @pytest.mark.parametrize("origin", [OURS, "null", "http://testserver", "http://localhost:3000"])
    async def test_wb_06_no_origin_is_allowed(self, api: Api, origin: str) -> None:
        plain = await api.call("GET", "/livez", headers={"Origin": origin})
        asked = await api.call("OPTIONS", "/users/me", headers=preflight(origin))

        assert asked.status_code == 405
        for answer in (plain, asked):
            assert not any(name.startswith("access-control") for name in answer.headers)


class TestSetting:
    @pytest.mark.parametrize(
        "origins", ["*", "https://*.example", "app.example", "https://app.example/x", "null"]
    )
    def test_wb_06_takes_exact_origins_only(
        self, monkeypatch: pytest.MonkeyPatch, origins: str
    ) -> None:
        """WB-06, CR-03."""
        monkeypatch.setenv("HEXKEY_CORS_ORIGINS", origins)

        with pytest.raises(BadConfiguration, match="HEXKEY_CORS_ORIGINS"):
            load_settings(None)
