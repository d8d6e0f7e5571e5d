"""AZ-01: deny by default, in matrices that are made from the application itself."""

from collections.abc import Iterator
from itertools import product

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Route

from hexkey.entrypoints.http import docs, operations
from hexkey.entrypoints.http.app import create_app
from hexkey.entrypoints.http.protection import (
    ANYONE,
    IS_ADMIN,
    Rule,
    UndeclaredRoute,
    rule_of,
)
from tests.support.api import PASSWORD, Api, Headers, settings
from tests.support.visiting import OURS

pytestmark = pytest.mark.anyio

BY_MAIL = (  # whoever holds what was mailed
    *("/email-verifications/confirm", "/email-verifications/disown", "/password-resets/confirm"),
    *("/email-changes/confirm", "/email-changes/undo", "/account-restorations/confirm"),
    "/invitations/accept",
)
PAGES = (
    *("/account/verify-email", "/account/ask-verification", "/account/disown-email"),
    *("/account/forgot-password", "/account/reset-password", "/account/change-email"),
    *("/account/undo-email-change", "/account/restore-account", "/account/accept-invitation"),
)
OPEN = {
    *(("POST", "/users"), ("GET", "/users/{id}"), ("POST", "/sessions"), ("POST", "/token")),
    ("POST", "/sessions/refresh"),
    *(("GET", "/livez"), ("GET", "/readyz"), ("GET", "/.well-known/jwks.json")),
    ("GET", "/.well-known/revocations"),
    *(("GET", "/docs"), ("GET", "/docs/{asset}"), ("GET", "/openapi.json")),
    *(("POST", "/email-verifications"), ("POST", "/password-resets")),
    *(("POST", path) for path in BY_MAIL),
    *(product(("GET", "POST"), PAGES)),
    ("GET", "/account/done"),
}
CALLERS = ("anonymous", "disabled", "plain", "admin")
WELL_FORMED = {  # a body that the route would take, so that only the caller can be wrong
    ("PATCH", "/users/me"): {"full_name": "Ann"},
    ("PUT", "/users/me/password"): {"current_password": "x" * 8, "new_password": "y" * 8},
    ("POST", "/sessions/current/reauthenticate"): {"password": "x" * 8},
    ("POST", "/users/me/email"): {"email": "new@example.com"},
}


def routes() -> Iterator[tuple[str, str, Rule]]:
    """Method, path and rule of every route, documented or not."""
    for route in create_app(settings()).routes:
        assert isinstance(route, APIRoute)
        for method in sorted(route.methods or ()):
            yield method, route.path, rule_of(route)


ROUTES = list(routes())


@pytest.fixture
async def callers(api: Api) -> dict[str, Headers]:
    gone = await api.register("gone")
    late = await api.sign_in("gone")
    await api.disable(gone["id"])
    return {
        "anonymous": {},
        "disabled": late,
        "plain": await api.somebody("plain"),
        "admin": await api.administrator(),
    }


def expected(rule: Rule, caller: str) -> set[int] | None:
    """The only statuses that are right; `None` for whatever the route itself answers."""
    if rule is ANYONE:
        return None
    if caller in {"anonymous", "disabled"}:
        return {401}
    return {403} if rule is IS_ADMIN and caller != "admin" else None


class TestRoutes:
    def test_az_01_that_are_for_anyone_are_on_a_list(self) -> None:
        """AZ-01."""
        found = {(method, path) for method, path, rule in ROUTES if rule is ANYONE}

        assert found == OPEN

    def test_az_01_of_the_document_are_all_known(self) -> None:
        """AZ-01: nothing is documented that the matrix does not visit."""
        paths = create_app(settings()).openapi()["paths"]
        documented = {(m.upper(), path) for path, item in paths.items() for m in item}

        assert documented <= {(method, path) for method, path, _ in ROUTES}
        for (method, path), rule in ((it[:2], it[2]) for it in ROUTES):
            if (method, path) in documented:
                secured = "security" in paths[path][method.lower()]
                assert secured == (rule is not ANYONE), path

    @pytest.mark.parametrize("caller", CALLERS)
    @pytest.mark.parametrize(
        ("method", "path", "rule"), ROUTES, ids=lambda it: getattr(it, "audience", it)
    )
    async def test_az_01_ask_who_calls(
        self, api: Api, callers: dict[str, Headers], method: str, path: str, rule: Rule, caller: str
    ) -> None:
        """AZ-01, P104, P108, P110: role × route."""
        body = WELL_FORMED.get((method, path))
        more = {"json": body} if body else {}

        answer = await api.call(method, path, headers={**OURS, **callers[caller]}, **more)

        allowed = expected(rule, caller)
        if allowed is None:
            assert answer.status_code != 403
            if rule is not ANYONE and answer.content:
                assert answer.json().get("code") not in {"not_authenticated", "invalid_token"}
        else:
            assert answer.status_code in allowed
            assert answer.headers.get("WWW-Authenticate", "Bearer").startswith("Bearer")
            assert "@" not in answer.text

    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
    @pytest.mark.parametrize("path", ["/admin", "/admin/", "/admin/users/x", "/debug", "/metrics"])
    async def test_az_01_that_do_not_exist_are_not_found(
        self, api: Api, path: str, method: str
    ) -> None:
        assert (await api.call(method, path)).status_code == 404


class TestUndeclaredRoute:
    async def nothing(self) -> None:
        """Says nothing about who may call it."""

    @pytest.mark.parametrize(
        "dependencies", [[], [docs.router.dependencies[0]] * 2], ids=["none", "two"]
    )
    def test_az_01_keeps_the_application_from_starting(
        self, monkeypatch: pytest.MonkeyPatch, dependencies: list[object]
    ) -> None:
        """AZ-01, C: a route declares exactly one rule."""
        router = APIRouter(dependencies=dependencies)  # type: ignore[arg-type]  # of FastAPI
        router.add_api_route("/forgotten", self.nothing)
        monkeypatch.setattr(operations, "router", router)

        with pytest.raises(UndeclaredRoute, match="/forgotten"):
            create_app(settings())

    def test_az_01_of_another_kind_does_so_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        router = APIRouter()
        router.routes.append(Route("/plain", FastAPI()))
        monkeypatch.setattr(operations, "router", router)

        with pytest.raises(UndeclaredRoute):
            create_app(settings())


class TestOtherPeoplesThings:
    """AZ-02: no id, and nothing in a body, makes one somebody else."""

    async def test_az_02_cannot_be_reached_by_their_ids(self, api: Api) -> None:
        """AZ-02, EN-06, P101."""
        alice = await api.somebody("alice")
        bob = await api.register("bob", email="bob@example.com")

        for method, path, rule in ROUTES:
            if "{id}" not in path:
                continue
            answer = await api.call(method, path.replace("{id}", bob["id"]), headers=alice)
            assert rule is ANYONE or answer.status_code == 404
            assert "bob@example.com" not in answer.text

    async def test_en_06_look_like_absent_ones(self, api: Api) -> None:
        """EN-06, AZ-02."""
        bob = await api.register("bob")
        await api.disable(bob["id"])
        absent = bob["id"][:-4] + ("0000" if bob["id"][-4:] != "0000" else "1111")

        answers = [await api.call("GET", f"/users/{it}") for it in (bob["id"], absent, "x", "%00")]

        assert {it.status_code for it in answers} == {404}
        bodies = [{**it.json(), "request_id": ""} for it in answers]
        assert all(body == bodies[0] for body in bodies)

    @pytest.mark.parametrize("field", ["id", "user", "user_id", "email", "username", "login"])
    async def test_az_02_are_not_what_a_body_names(self, api: Api, field: str) -> None:
        """AZ-02, P126: for a password change the caller's token decides."""
        alice = await api.somebody("alice")
        bob = await api.register("bob", email="bob@example.com")
        values = {"id": bob["id"], "user": bob["id"], "user_id": bob["id"]}
        named = values.get(field, "bob@example.com" if field == "email" else "bob")
        body = {"current_password": PASSWORD, "new_password": "another long walk", field: named}

        answer = await api.call("PUT", "/users/me/password", json=body, headers=alice)

        assert answer.status_code == 422
        assert await api.sign_in("bob")

    async def test_az_02_are_not_what_a_query_or_header_names(self, api: Api) -> None:
        alice = await api.somebody("alice")
        bob = await api.register("bob")
        headers = {**alice, "X-User-Id": bob["id"], "Cookie": f"user={bob['id']}"}

        answer = await api.call("GET", f"/users/me?id={bob['id']}&user=bob", headers=headers)

        assert answer.json()["username"] == "alice"


FORBIDDEN = [
    *("is_admin", "admin", "role", "roles", "scopes", "email_verified", "id", "user_id", "owner"),
    *("password_hash", "hashed_password", "created_at", "updated_at", "status", "disabled"),
    *("is_superuser", "mfa_enabled", "tenant", "password_changed_at", "__proto__", "sub", "_id"),
]
WRITES = {
    ("POST", "/users"): {"username": "mallory", "password": PASSWORD},
    ("PATCH", "/users/me"): {"full_name": "Changed"},
    ("PUT", "/users/me/password"): {"current_password": PASSWORD, "new_password": "y" * 20},
    ("POST", "/sessions"): {"login": "alice", "password": PASSWORD},
    ("POST", "/sessions/refresh"): {"refresh_token": "hxk_rt_x"},
    ("POST", "/sessions/current/reauthenticate"): {"password": PASSWORD},
    ("POST", "/users/me/email"): {"email": "new@example.com"},
    ("POST", "/email-verifications"): {"email": "new@example.com"},
    ("POST", "/password-resets"): {"email": "new@example.com"},
    **{("POST", path): {"token": "hxk_ot_x"} for path in BY_MAIL},
    ("POST", "/password-resets/confirm"): {"token": "hxk_ot_x", "new_password": "y" * 20},
    ("POST", "/invitations/accept"): {"token": "hxk_ot_x", "password": "y" * 20},
}
WITHOUT_JSON = {("POST", "/token"), ("POST", "/users/me/restore")}


class TestForbiddenFields:
    def test_az_03_are_tried_on_every_write(self) -> None:
        """AZ-03: a new endpoint with a JSON body fails here until it is in the matrix."""
        with_body = {
            (method, path) for method, path, _ in ROUTES if method in {"POST", "PUT", "PATCH"}
        }
        assert set(WRITES) == with_body - WITHOUT_JSON - {("POST", path) for path in PAGES}
        assert len(FORBIDDEN) >= 20

    @pytest.mark.parametrize(("method", "path"), WRITES, ids=str)
    @pytest.mark.parametrize("field", FORBIDDEN)
    async def test_az_03_change_nothing(self, api: Api, method: str, path: str, field: str) -> None:
        """AZ-03, P102, P127."""
        alice = await api.somebody("alice")
        before = (await api.me(alice)).json()
        body = {**WRITES[method, path], field: True}

        answer = await api.call(method, path, json=body, headers=alice)

        assert (answer.status_code, answer.json()["code"]) == (422, "validation_error")
        assert (await api.me(alice)).json() == before
        registered = {"login": "mallory", "password": PASSWORD}
        assert (await api.call("POST", "/sessions", json=registered)).status_code == 401

    async def test_az_03_are_ignored_in_the_form_as_oauth_asks(self, api: Api) -> None:
        """AZ-03, RFC 6749 §3.2: and give nothing."""
        await api.register()
        form = {"username": "alice", "password": PASSWORD, "role": "admin", "is_admin": "true"}

        token = (await api.call("POST", "/token", data=form)).json()["access_token"]

        headers = {"Authorization": f"Bearer {token}"}
        assert (await api.call("GET", "/admin/users", headers=headers)).status_code == 403
