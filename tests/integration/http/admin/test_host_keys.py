"""TK-10, SE-05, AZ-05: API keys in an application that mounts Hexkey."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx2
import pytest
from fastapi import Depends, FastAPI

from hexkey.domain.access import Role
from hexkey.domain.identifiers import UserId
from hexkey.entrypoints.http.security import Caller, CurrentUser, Security
from tests.integration.http.admin.test_api_keys import ENDS, a_key, service_headers
from tests.integration.http.sessions.test_refreshing import note_statements
from tests.support.administering import define
from tests.support.api import Api, Headers, an_api

pytestmark = pytest.mark.anyio

RULES: dict[str, Callable[[CurrentUser], CurrentUser]] = {
    "anybody": lambda rule: rule,
    "of one scope": lambda rule: rule.with_scopes("notes:write"),
    "of two": lambda rule: rule.with_scopes("notes:write", "notes:read"),
    "of a permission": lambda rule: rule.with_scopes("users:read"),
    "of an account's": lambda rule: rule.with_scopes("account:read"),
    "of a role": lambda rule: rule.with_role("admin"),
    "of a scope and a role": lambda rule: rule.with_scopes("notes:write").with_role("admin"),
    "fresh": lambda rule: rule.with_scopes("notes:write").fresh(minutes=5),
}


@asynccontextmanager
async def a_host(api: Api) -> AsyncIterator[httpx2.AsyncClient]:
    """An application that mounts Hexkey; for each rule it has a route, which says who calls."""
    security = Security.embedded(api.app, prefix="/auth")
    app = FastAPI()
    for name, narrowed in RULES.items():

        def route(
            caller: Caller = Depends(narrowed(security.current_user())),  # noqa: B008 - a closure
        ) -> dict[str, object]:
            return {"key": caller.key, "roles": sorted(caller.roles), "session": caller.session}

        app.get(f"/{name}")(route)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://host") as client:
        yield client


async def opened(client: httpx2.AsyncClient, headers: Headers) -> set[str]:
    """The rules that let `headers` in; the others answer 403."""
    answers = {name: await client.get(f"/{name}", headers=headers) for name in RULES}
    assert {it.status_code for it in answers.values()} <= {200, 403}
    return {name for name, it in answers.items() if it.status_code == 200}


class TestHost:
    @pytest.fixture
    async def api(self) -> AsyncIterator[Api]:
        async with an_api(scopes=("notes:read", "notes:write")) as api:
            yield api

    @pytest.mark.parametrize(
        ("scopes", "rules"),
        [
            (["notes:write"], {"of one scope"}),
            (["notes:read"], set()),
            (["notes:read", "notes:write"], {"of one scope", "of two"}),
            (["users:read"], {"of a permission"}),
            (["account:read"], {"of an account's"}),
        ],
    )
    async def test_tk_10_takes_a_key_where_its_scopes_are_named(
        self, api: Api, scopes: list[str], rules: set[str]
    ) -> None:
        """TK-10, AZ-01: scope × rule; an administrator's key, and a service's, have no role."""
        root = await api.administrator()
        personal = await a_key(api, root, *scopes)
        service = await service_headers(api, "annabel", *scopes)

        async with a_host(api) as client:
            assert await opened(client, personal) == rules
            assert await opened(client, service) == rules
            for rule in rules:
                answer = (await client.get(f"/{rule}", headers=personal)).json()
                assert (answer["roles"], answer["session"]) == ([], None)
                assert answer["key"] is not None

    async def test_tk_10_asks_no_scope_of_who_has_a_session(self, api: Api) -> None:
        root = await api.administrator()

        async with a_host(api) as client:
            answer = (await client.get("/anybody", headers=root)).json()

        assert (answer["key"], answer["roles"]) == (None, ["admin"])
        assert answer["session"] is not None

    @pytest.mark.parametrize("end", ENDS)
    async def test_se_05_hears_of_its_end_at_the_next_request(self, api: Api, end: str) -> None:
        """SE-05, TK-10."""
        alice = await api.somebody("alice")
        key = await a_key(api, alice, "notes:write")
        deed, _ = ENDS[end]

        async with a_host(api) as client:
            assert await opened(client, key) == {"of one scope"}
            await deed(api)
            answers = [await client.get(f"/{name}", headers=key) for name in RULES]

        assert {it.status_code for it in answers} == {401}

    async def test_tk_10_lets_it_do_no_more_than_its_owner(self, api: Api) -> None:
        """TK-10, AZ-05: a scope that has become a permission is for those who hold it."""
        alice = await api.somebody("alice")
        key = await a_key(api, alice, "notes:write", "notes:read")

        async with a_host(api) as client:
            assert await opened(client, key) == {"of one scope", "of two"}
            await define(api, "writer", "notes:write")
            assert await opened(client, key) == set()
            await api.container.grant_role()(user=(await owner_of(api)), role=Role("writer"))
            assert await opened(client, key) == {"of one scope", "of two"}

    async def test_se_05_lets_nobody_in_who_is_leaving(self, api: Api) -> None:
        """SE-05: the owner may change their mind at Hexkey itself, and do nothing else."""
        alice = await api.somebody("alice")

        async with a_host(api) as client:
            assert (await client.get("/anybody", headers=alice)).status_code == 200
            assert (await api.call("DELETE", "/users/me", headers=alice)).status_code == 202
            assert (await api.me(alice)).status_code == 200
            assert (await client.get("/anybody", headers=alice)).status_code == 403


class TestCost:
    async def test_tk_10_is_a_statement_and_another_where_scopes_are_asked_for(
        self, stored_api: Api
    ) -> None:
        """TK-10: asked at each request, so never stale; a token is remembered and costs none."""
        alice = await stored_api.somebody("alice")
        key = await a_key(stored_api, alice, "account:read")
        await define(stored_api, "writer", "notes:write")
        await stored_api.container.grant_role()(
            user=await owner_of(stored_api), role=Role("writer")
        )
        writing = await a_key(stored_api, alice, "notes:write")
        await stored_api.fall_silent()

        async with a_host(stored_api) as client:
            await client.get("/anybody", headers=alice)
            spoken: list[str] = []
            note_statements(stored_api, spoken)
            counts = []
            for call in (
                stored_api.me(alice),
                stored_api.me(key),
                client.get("/of an account's", headers=key),
                client.get("/of one scope", headers=writing),
            ):
                spoken.clear()
                assert (await call).status_code == 200
                counts.append(len(spoken))

        assert counts == [0, 1, 1, 2]


async def owner_of(api: Api) -> UserId:
    """Alice's id."""
    return (await api.container.find_user()(reference="alice")).id
