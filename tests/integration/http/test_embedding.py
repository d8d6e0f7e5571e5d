"""Hexkey as a part of something else: mounted, twice in one process, behind a proxy."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from hexkey.entrypoints.http.app import Hexkey, create_app
from tests.support.api import PASSWORD, an_api, bearer, quick_container, settings
from tests.support.doubles import FrozenClock, QuickHasher

pytestmark = pytest.mark.anyio

ACCOUNT = {"username": "alice", "password": PASSWORD}


def quick_app(**values: Any) -> Hexkey:
    return create_app(container=quick_container(settings(**values), FrozenClock(), QuickHasher()))


@asynccontextmanager
async def host(auth: Hexkey, *, passes_lifespan: bool) -> AsyncIterator[httpx2.AsyncClient]:
    """An application that mounts `auth` under `/auth`."""
    app = FastAPI(lifespan=auth.runtime.lifespan if passes_lifespan else None)
    app.mount("/auth", auth)

    @app.get("/users/me")
    async def own() -> dict[str, str]:
        return {"whose": "the host's"}

    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
        if passes_lifespan:
            async with app.router.lifespan_context(app):
                yield client
        else:
            yield client
            await auth.runtime.stop()


@pytest.mark.parametrize("passes_lifespan", [True, False])
class TestMounted:
    async def test_works_under_its_prefix(self, passes_lifespan: bool) -> None:
        async with host(quick_app(), passes_lifespan=passes_lifespan) as client:
            created = await client.post("/auth/users", json=ACCOUNT)
            token = (await client.post("/auth/token", data=ACCOUNT)).json()["access_token"]

            assert created.headers["Location"] == f"/auth/users/{created.json()['id']}"
            assert (await client.get(created.headers["Location"])).status_code == 200
            for path in ("/auth/users/me", "/auth/users/me/"):
                me = await client.get(path, headers=bearer(token))
                assert me.json()["username"] == "alice"
            assert (await client.get("/users/me")).json() == {"whose": "the host's"}

    async def test_guards_what_is_its_own_only(self, passes_lifespan: bool) -> None:
        async with host(quick_app(), passes_lifespan=passes_lifespan) as client:
            own, hosts = await client.get("/auth/livez"), await client.get("/users/me")

            assert "strict-transport-security" in own.headers
            assert "strict-transport-security" not in hosts.headers
            assert (await client.get("/auth/")).status_code == 404
            refused = await client.delete("/auth/users")
            assert (refused.status_code, refused.headers["Allow"]) == (405, "POST")
            assert (await client.post("/auth/users", content=b"x" * 70_000)).status_code == 413

    async def test_documents_where_it_is(self, passes_lifespan: bool) -> None:
        async with host(quick_app(), passes_lifespan=passes_lifespan) as client:
            document = (await client.get("/auth/openapi.json")).json()

            assert document["servers"] == [{"url": "/auth"}]
            assert 'href="docs/swagger-ui.css"' in (await client.get("/auth/docs")).text
            assert (await client.get("/auth/docs/docs.js")).status_code == 200


class TestTwoInOneProcess:
    async def test_do_not_mix(self) -> None:
        """Each has its own people, keys, settings and documents."""
        async with (
            an_api(service_name="One", http_basic=True) as one,
            an_api(service_name="Two", password_form=False, registration="closed") as two,
        ):
            token = await one.somebody()

            assert (await one.me(token)).status_code == 200
            assert (await two.me(token)).status_code == 401
            assert (await two.call("POST", "/users", json=ACCOUNT)).status_code == 403
            assert (await two.call("POST", "/token", data=ACCOUNT)).status_code == 404
            assert (await one.call("GET", "/users/me", auth=("alice", PASSWORD))).status_code == 200
            assert (await two.call("GET", "/users/me", auth=("alice", PASSWORD))).status_code == 401
            titles = [(await it.call("GET", "/openapi.json")).json() for it in (one, two)]
            assert [it["info"]["title"] for it in titles] == ["One", "Two"]
            assert "/token" in titles[0]["paths"]
            assert "/token" not in titles[1]["paths"]
            keys = [(await it.call("GET", "/.well-known/jwks.json")).json() for it in (one, two)]
            assert keys[0] != keys[1]
            ids = [(await it.call("GET", "/livez")).headers["x-request-id"] for it in (one, two)]
            assert ids[0] != ids[1]

    async def test_may_be_mounted_side_by_side(self) -> None:
        one, two = quick_app(), quick_app()
        app = FastAPI()
        app.mount("/one", one)
        app.mount("/two", two)
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
            await client.post("/one/users", json=ACCOUNT)

            assert (await client.post("/one/token", data=ACCOUNT)).status_code == 200
            assert (await client.post("/two/token", data=ACCOUNT)).status_code == 401
        await one.runtime.stop()
        await two.runtime.stop()


class TestBehindAProxyThatStripsThePrefix:
    async def test_says_where_it_is_seen(self) -> None:
        """HEXKEY_ROOT_PATH: paths come without the prefix and go out with it."""
        async with an_api(root_path="/auth") as api:
            created = await api.call("POST", "/users", json=ACCOUNT)
            document = (await api.call("GET", "/openapi.json")).json()

            assert created.headers["Location"] == f"/auth/users/{created.json()['id']}"
            assert document["servers"] == [{"url": "/auth"}]
            assert (await api.me(await api.sign_in())).status_code == 200
            assert (await api.call("GET", "/users/me/")).status_code == 401

    async def test_works_when_the_prefix_is_left_on(self) -> None:
        async with an_api(root_path="/auth") as api:
            assert (await api.call("GET", "/auth/livez")).status_code == 200
            assert (await api.call("GET", "/auth/users/me/")).status_code == 401


class TestStartedAgain:
    def test_serves_as_before(self) -> None:
        """As a suite of tests of the host does it: one application, one client after the other."""
        app = create_app(settings())
        for number in range(2):
            with TestClient(app) as client:
                account = {"username": f"person{number}", "password": PASSWORD}
                assert client.post("/users", json=account).status_code == 201
                assert client.post("/token", data=account).status_code == 200
