"""AZ-01, SE-05: who may let somebody back in whom another administrator has had erased."""

from datetime import timedelta
from typing import Any

import pytest

from hexkey.domain.access import Permission
from hexkey.domain.identifiers import UserId
from tests.integration.http.test_audit_catalogue import Trail
from tests.support.administering import a_helper
from tests.support.api import PASSWORD, Answer, Api, Headers

pytestmark = pytest.mark.anyio

WAYS = [("POST", "/enable", None), ("PATCH", "", {"status": "active"})]
CARETAKER = (Permission.USERS_WRITE, Permission.USERS_DISABLE)
Way = tuple[str, str, Any]


async def erased_bob(api: Api) -> str:
    """Somebody whom an administrator has just had erased."""
    root, bob = await api.administrator(), await api.register("bob", email="bob@example.com")
    answer = await api.call("DELETE", f"/admin/users/{bob['id']}", headers=root)
    assert answer.status_code == 202
    return str(bob["id"])


async def leaving_bob(api: Api) -> tuple[str, Headers]:
    """Somebody who has asked to be erased in some days, and was disabled meanwhile."""
    headers = await api.somebody("bob")
    bob: str = (await api.me(headers)).json()["id"]
    assert (await api.call("DELETE", "/users/me", headers=headers)).status_code == 202
    await api.disable(bob)
    return bob, headers


async def let_back_in(api: Api, way: Way, id: str, by: Headers) -> Answer:
    """Ask for it."""
    method, path, body = way
    more = {} if body is None else {"json": body}
    return await api.call(method, f"/admin/users/{id}{path}", headers=by, **more)


async def may_sign_in(api: Api) -> bool:
    """Whether Bob may."""
    body = {"login": "bob", "password": PASSWORD}
    return (await api.call("POST", "/sessions", json=body)).status_code == 201


@pytest.mark.parametrize("way", WAYS)
class TestAnErasureByAnAdministrator:
    async def test_se_05_is_not_undone_by_who_may_not_erase(self, api: Api, way: Way) -> None:
        """SE-05, AZ-01: and it is written down that somebody tried."""
        bob = await erased_bob(api)
        caretaker, trail = await a_helper(api, *CARETAKER), Trail(api)
        await trail.new()

        answer = await let_back_in(api, way, bob, caretaker)

        assert (answer.status_code, answer.json()["code"]) == (403, "erasure_ordered")
        assert not await may_sign_in(api)
        (refused,) = [it for it in await trail.new() if it.type == "access.refused"]
        assert refused.explanation[-1].facts == {"needed": "users:erase"}
        await api.container.erase_due()()
        api.clock.advance(minutes=16)
        assert await api.container.erase_due()() == 1

    async def test_is_called_off_by_who_may_erase(self, api: Api, way: Way) -> None:
        """And then nothing is left of it, for anybody to trip over later."""
        bob = await erased_bob(api)
        caretaker = await a_helper(api, *CARETAKER, Permission.USERS_ERASE)
        trail = Trail(api)
        await trail.new()

        answer = await let_back_in(api, way, bob, caretaker)

        assert answer.status_code == 200
        assert (answer.json()["status"], answer.json()["erase_at"]) == ("active", None)
        assert await trail.types() == ["user.enabled", "user.restored"]
        assert await may_sign_in(api)
        api.clock.advance(days=60)
        assert await api.container.erase_due()() == 0


@pytest.mark.parametrize("way", WAYS)
class TestAnOwnersLeaving:
    async def test_goes_on_after_an_enabling_until_the_owner_undoes_it(
        self, api: Api, way: Way
    ) -> None:
        bob, _ = await leaving_bob(api)
        caretaker = await a_helper(api, *CARETAKER)

        answer = await let_back_in(api, way, bob, caretaker)

        assert answer.status_code == 200
        assert answer.json()["erase_at"] is not None
        restored = await api.call("POST", "/users/me/restore", headers=await api.sign_in("bob"))
        assert restored.status_code == 200
        assert restored.json()["erase_at"] is None

    async def test_is_not_undone_when_its_time_is_up(self, api: Api, way: Way) -> None:
        """Bounded at the instant itself."""
        bob, _ = await leaving_bob(api)
        user = await api.container.find_user()(reference=bob)
        assert user.erase_at is not None
        await api.container.end_sessions_of()(user=UserId(bob))
        api.clock.advance(seconds=(user.erase_at - api.clock.now()).total_seconds())
        caretaker = await a_helper(api, *CARETAKER)

        answer = await let_back_in(api, way, bob, caretaker)
        api.clock.at -= timedelta(milliseconds=1)
        earlier = await let_back_in(api, way, bob, caretaker)

        assert (answer.status_code, answer.json()["code"]) == (403, "erasure_ordered")
        assert earlier.status_code == 200
