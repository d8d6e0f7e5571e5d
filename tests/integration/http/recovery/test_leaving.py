"""Leaving: what somebody may still do whose account is about to be erased, and then nothing."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

import httpx2
import pytest
from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute

from hexkey.entrypoints.http.app import create_app
from hexkey.entrypoints.http.protection import SignedIn, rule_of
from hexkey.entrypoints.http.security import Caller, Security
from tests.support.api import PASSWORD, Api, Headers, settings
from tests.support.mails import token_in
from tests.support.recovering import signs_in, verified

pytestmark = pytest.mark.anyio

GRACE = timedelta(days=14)
STILL = {
    ("GET", "/users/me"),
    ("POST", "/users/me/restore"),
    ("GET", "/users/me/export"),
    ("GET", "/sessions"),
    ("DELETE", "/sessions"),
    ("DELETE", "/sessions/current"),
    ("DELETE", "/sessions/{id}"),
    ("POST", "/sessions/current/reauthenticate"),
}


def protected() -> Iterator[tuple[str, str, SignedIn]]:
    """Every route that asks who calls."""
    for route in create_app(settings()).routes:
        assert isinstance(route, APIRoute)
        rule = rule_of(route)
        if isinstance(rule, SignedIn):
            for method in sorted(route.methods or ()):
                yield method, route.path, rule


PROTECTED = list(protected())


async def leave(api: Api, headers: Headers) -> dict[str, str]:
    answer = await api.call("DELETE", "/users/me", headers=headers)
    assert answer.status_code == 202, answer.text
    found: dict[str, str] = answer.json()
    return found


class TestDeletion:
    async def test_says_when_and_keeps_only_this_session(self, api: Api) -> None:
        await verified(api)
        other, headers = await api.sign_in(), await api.sign_in()

        answer = await leave(api, headers)

        assert answer == {"erase_at": "2026-01-15T12:01:00.000Z"}
        assert (await api.me(other)).status_code == 401
        me = (await api.me(headers)).json()
        assert (me["erase_at"], me["status"]) == (answer["erase_at"], "active")
        assert "/account/restore-account" in (await api.mail()).text

    async def test_needs_a_fresh_proof(self, api: Api) -> None:
        headers = await api.somebody()
        api.clock.advance(minutes=6)

        answer = await api.call("DELETE", "/users/me", headers=headers)

        assert (answer.status_code, answer.json()["code"]) == (403, "reauthentication_required")
        assert (await api.me(headers)).json()["erase_at"] is None

    async def test_hides_the_public_profile(self, api: Api) -> None:
        account = await verified(api)
        await leave(api, await api.sign_in())

        assert (await api.call("GET", f"/users/{account['id']}")).status_code == 404

    async def test_se_05_ends_in_nothing(self, api: Api) -> None:
        """SE-05: at the hour every credential is dead; then the account is gone."""
        account = await verified(api)
        await leave(api, await api.sign_in())
        await api.delivered()
        api.clock.advance(seconds=GRACE.total_seconds() - 60)
        late = await api.sign_in()
        await api.delivered()
        api.clock.advance(seconds=60)

        assert await api.container.erase_due()() == 0
        assert (await api.me(late)).status_code == 401
        assert not await signs_in(api, "alice", PASSWORD)
        api.clock.advance(minutes=20)
        assert await api.container.erase_due()() == 1

        assert await api.container.users().find(account["id"]) is None
        assert [it.to for it in await api.delivered()] == ["alice@example.com"]
        await api.register("alice", email="alice@example.com")


class TestWhileLeaving:
    def test_se_05_what_is_allowed_is_on_a_list(self) -> None:
        """SE-05, deny by default: a new route is refused until somebody marks it."""
        marked = {(method, path) for method, path, rule in PROTECTED if rule.leaving}

        assert marked == STILL

    @pytest.mark.parametrize(
        ("method", "path"), [it[:2] for it in PROTECTED if it[:2] not in STILL], ids=str
    )
    async def test_everything_else_is_refused(self, api: Api, method: str, path: str) -> None:
        """An administrator's roles do not count any more, either."""
        await api.administrator()  # one is always left
        headers = await api.administrator("alice")
        await leave(api, headers)

        answer = await api.call(method, path, headers=headers, json={})

        assert (answer.status_code, answer.json()["code"]) == (403, "account_leaving")

    @pytest.mark.parametrize(("method", "path"), sorted(STILL), ids=str)
    async def test_what_is_on_the_list_is_served(self, api: Api, method: str, path: str) -> None:
        headers = await api.somebody()
        await leave(api, headers)
        body = {"json": {"password": PASSWORD}} if path.endswith("reauthenticate") else {}

        answer = await api.call(method, path, headers=headers, **body)

        assert answer.status_code == (404 if "{id}" in path else answer.status_code)
        assert answer.status_code in {200, 204, 404}

    async def test_tokens_carry_no_scopes_and_no_roles(self, api: Api) -> None:
        await api.administrator()  # one is always left
        headers = await api.administrator("alice")
        await leave(api, headers)
        body = {"login": "alice", "password": PASSWORD}

        answer = await api.call("POST", "/sessions", json=body)

        assert (answer.status_code, answer.json()["scope"]) == (201, "")


class TestHost:
    async def test_refuses_whoever_is_leaving(self, api: Api) -> None:
        """SE-05: also for the routes of an application that mounts Hexkey."""
        security = Security.embedded(api.app, prefix="/auth")
        host = FastAPI()

        @host.get("/notes")
        async def notes(user: Annotated[Caller, Depends(security.current_user())]) -> str:
            return user.id

        headers = await api.somebody()
        transport = httpx2.ASGITransport(app=host)
        async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
            assert (await client.get("/notes", headers=headers)).status_code == 200
            await leave(api, headers)

            assert (await client.get("/notes", headers=headers)).status_code == 403


class TestRestoring:
    async def test_keeps_the_account(self, api: Api) -> None:
        await verified(api)
        headers = await api.sign_in()
        before = (await api.me(headers)).json()
        await leave(api, headers)

        answer = await api.call("POST", "/users/me/restore", headers=headers)

        assert answer.status_code == 200
        assert {**answer.json(), "updated_at": ""} == {**before, "updated_at": ""}
        api.clock.advance(days=20)
        assert await api.container.erase_due()() == 0
        assert await signs_in(api, "alice", PASSWORD)

    async def test_works_by_the_mail_once(self, api: Api) -> None:
        """RC-02."""
        await verified(api)
        await leave(api, await api.sign_in())
        body = {"token": token_in(await api.mail())}

        answers = [
            await api.call("POST", "/account-restorations/confirm", json=body) for _ in range(2)
        ]

        assert [it.status_code for it in answers] == [204, 400]
        assert (await api.me(await api.sign_in())).json()["erase_at"] is None

    async def test_the_mail_opens_nothing_else(self, api: Api) -> None:
        """RC-03: nobody is signed in by it."""
        await verified(api)
        await leave(api, await api.sign_in())
        body = {"token": token_in(await api.mail())}

        answer = await api.call("POST", "/account-restorations/confirm", json=body)

        assert answer.content == b""


class TestExport:
    async def test_holds_what_is_known_and_nothing_secret(self, api: Api) -> None:
        await verified(api, full_name="Alice Liddell")
        headers = await api.sign_in()
        await api.call("POST", "/password-resets", json={"email": "alice@example.com"})
        secret = token_in(await api.mail())
        key = {"name": "backup", "scopes": ["account:read"], "expires_in": 3600}
        await api.call("POST", "/users/me/api-keys", headers=headers, json=key)

        answer = await api.call("GET", "/users/me/export", headers=headers)

        assert answer.status_code == 200
        assert "attachment" in answer.headers["content-disposition"]
        document = answer.json()
        assert document["user"]["full_name"] == "Alice Liddell"
        assert {it["purpose"] for it in document["tokens"]} >= {"reset_password"}
        assert document["sessions"]
        assert document["messages"]
        assert [it["name"] for it in document["api_keys"]] == ["backup"]
        for word in (secret, "bcrypt", "digest", "hxk_", headers["Authorization"][7:]):
            assert word not in answer.text

    async def test_needs_a_fresh_proof(self, api: Api) -> None:
        headers = await api.somebody()
        api.clock.advance(minutes=6)

        answer = await api.call("GET", "/users/me/export", headers=headers)

        assert answer.json()["code"] == "reauthentication_required"
