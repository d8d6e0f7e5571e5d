"""What every response carries, whoever makes it and whatever it says."""

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from hexkey.entrypoints.http.app import create_app
from tests.support.api import PASSWORD, Answer, Api, settings
from tests.support.wire import Wire, request, serving

pytestmark = pytest.mark.anyio

EXPECTED = {
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
PUBLIC = ("/.well-known/jwks.json", "/docs/swagger-ui.css", "/docs/docs.js")


def assert_safe(headers: dict[str, str]) -> None:
    assert {name: headers.get(name) for name in EXPECTED} == EXPECTED
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-request-id"]
    assert "server" not in headers
    assert "x-powered-by" not in headers


async def many_answers(api: Api) -> dict[str, Answer]:
    """At least one response of every kind and status."""
    user, caller, admin = await api.register("bob"), await api.somebody(), await api.administrator()
    body = {"login": "alice", "password": PASSWORD}
    wrong = {"login": "alice", "password": "not the password"}
    asked: dict[str, tuple[str, str, dict[str, Any]]] = {
        "200 me": ("GET", "/users/me", {"headers": caller}),
        "200 list": ("GET", "/admin/users", {"headers": admin}),
        "200 token": ("POST", "/token", {"data": {"username": "alice", "password": PASSWORD}}),
        "200 profile": ("GET", f"/users/{user['id']}", {}),
        "200 keys": ("GET", "/.well-known/jwks.json", {}),
        "200 live": ("GET", "/livez", {}),
        "200 ready": ("GET", "/readyz", {}),
        "200 docs": ("GET", "/docs", {}),
        "200 css": ("GET", "/docs/swagger-ui.css", {}),
        "200 js": ("GET", "/docs/docs.js", {}),
        "200 openapi": ("GET", "/openapi.json", {}),
        "201": ("POST", "/sessions", {"json": body}),
        "400": ("POST", "/sessions", {"content": b"{", "headers": JSON}),
        "400 host": ("GET", "/livez", {"headers": {"Host": "evil.example"}}),
        "401": ("GET", "/users/me", {}),
        "401 password": ("POST", "/sessions", {"json": wrong}),
        "403": ("GET", "/admin/users", {"headers": caller}),
        "404": ("GET", "/nothing", {}),
        "404 user": ("GET", "/users/nobody", {}),
        "405": ("DELETE", "/users", {}),
        "409": ("POST", "/users", {"json": {"username": "bob", "password": PASSWORD}}),
        "413": ("POST", "/sessions", {"content": b" " * 70_000, "headers": JSON}),
        "415": ("POST", "/sessions", {"content": b"{}"}),
        "422": ("POST", "/sessions", {"json": {}}),
        "431": ("GET", "/livez", {"headers": {"X": "x" * 17_000}}),
    }
    answers = {name: await api.call(m, path, **how) for name, (m, path, how) in asked.items()}
    api.container.read_public_profile.override(None)  # a defect
    answers["500"] = await api.call("GET", "/users/x")
    api.container.read_public_profile.reset_override()
    api.hasher.room = 0
    answers["503"] = await api.call("POST", "/sessions", json=body)
    api.hasher.room = None
    change = {"current_password": PASSWORD, "new_password": "another long walk"}
    answers["204"] = await api.call("PUT", "/users/me/password", json=change, headers=caller)
    for _ in range(5):
        answers["429"] = await api.call("POST", "/sessions", json=wrong)
    answers["429"] = await api.call("POST", "/sessions", json=wrong)
    return answers


JSON = {"Content-Type": "application/json"}


class TestEveryResponse:
    async def test_wb_01_02_is_safe_and_not_kept(self, api: Api) -> None:
        """WB-01, WB-02, WB-10: from 200 to 503."""
        answers = await many_answers(api)

        for name, answer in answers.items():
            assert answer.status_code == int(name[:3]), name
            assert_safe(dict(answer.headers))
            public = answer.request.url.path in PUBLIC
            expected = "public, max-age=" if public else "no-store"
            assert answer.headers["cache-control"].startswith(expected), name
        assert answers["200 token"].headers["pragma"] == "no-cache"

    async def test_says_when_to_come_back(self, api: Api) -> None:
        """RL-08."""
        answers = await many_answers(api)

        for status in ("429", "503"):
            assert int(answers[status].headers["retry-after"]) >= 1

    async def test_has_an_id_of_its_own(self, api: Api) -> None:
        answers = await many_answers(api)
        ids = [answer.headers["x-request-id"] for answer in answers.values()]

        assert len(set(ids)) == len(ids)
        for answer in answers.values():
            if answer.headers.get("content-type") == "application/problem+json":
                assert answer.json()["request_id"] == answer.headers["x-request-id"]


@pytest.fixture(scope="module")
def production() -> Iterator[Wire]:
    """As in production, where documentation is off."""
    with serving(create_app(settings(docs=False))) as wire:
        yield wire


class TestOnTheWire:
    @pytest.mark.parametrize(
        "sent", [b"\x00\r\n\r\n", b"GET / HTTP/1.1\r\nA : b\r\n\r\n", b"GET\r\n"]
    )
    def test_wb_02_even_the_refusals_of_the_protocol_are_safe(
        self, wire: Wire, sent: bytes
    ) -> None:
        """WB-01, WB-02: no application has seen these."""
        reply = wire.ask(sent)

        assert reply.status == 400
        assert_safe(reply.headers)
        assert reply.headers["cache-control"] == "no-store"

    def test_wb_10_nothing_names_the_server(self, wire: Wire) -> None:
        for sent in (request("GET", b"/livez"), request("GET", b"/nothing"), b"junk\r\n\r\n"):
            reply = wire.ask(sent)
            assert "server" not in reply.headers
            assert b"uvicorn" not in reply.body.lower()

    @pytest.mark.parametrize("method", ["TRACE", "CONNECT", "TRACK", "DEBUG", "PROPFIND"])
    def test_wb_10_echoing_methods_are_refused(self, wire: Wire, method: str) -> None:
        secret = b"Authorization: Bearer qzxmark"
        target = b"127.0.0.1:80" if method == "CONNECT" else b"/livez"

        for reply in wire.exchange(request(method, target, secret)):
            assert reply.status in {400, 404, 405}
            assert b"qzxmark" not in reply.body

    @pytest.mark.parametrize(
        "path", [b"/docs", b"/docs/docs.js", b"/openapi.json", b"/redoc", b"/metrics"]
    )
    def test_wb_10_documentation_is_off(self, production: Wire, path: bytes) -> None:
        assert production.ask(request("GET", path)).status == 404


class TestMethods:
    ALLOWED: ClassVar = {
        "/users": "POST",
        "/users/me": "DELETE, GET, PATCH",
        "/users/me/password": "PUT",
        "/users/me/email": "POST",
        "/users/me/export": "GET",
        "/password-resets": "POST",
        "/password-resets/confirm": "POST",
        "/account/reset-password": "GET, POST",
        "/account/done": "GET",
        "/users/x": "GET",
        "/sessions": "DELETE, GET, POST",
        "/sessions/refresh": "DELETE, POST",
        "/sessions/current/reauthenticate": "POST",
        "/token": "POST",
        "/livez": "GET",
        "/admin/users": "GET, POST",
        "/.well-known/jwks.json": "GET",
        "/docs": "GET",
    }

    @pytest.mark.parametrize(("path", "allowed"), ALLOWED.items())
    async def test_wb_10_that_are_not_there_are_answered_with_those_that_are(
        self, api: Api, path: str, allowed: str
    ) -> None:
        """WB-10."""
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "BREW"):
            answer = await api.call(method, path)
            if method in allowed.split(", "):
                assert answer.status_code != 405
            else:
                assert (answer.status_code, answer.headers.get("Allow")) == (405, allowed)
                assert answer.json()["code"] == "method_not_allowed"

    async def test_wb_09_get_changes_nothing(self, api: Api) -> None:
        caller = await api.somebody()
        before = (await api.me(caller)).json()
        for path in self.ALLOWED:
            await api.call("GET", f"{path}?full_name=x&password=y", headers=caller)

        assert (await api.me(caller)).json() == before


def test_wb_10_production_serves_no_documentation_unless_asked() -> None:
    """WB-10, D13."""
    secret = {"master_secret": "pW3vJ8sT1qLx5ZrYk2Nf7Hd9Gb4Mc6Ua", "database_url": "sqlite:///x"}
    production = settings(environment="production", **secret)

    assert not production.serves_docs
    assert settings(environment="production", docs=True, **secret).serves_docs
    assert settings().serves_docs
