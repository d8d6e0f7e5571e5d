"""SE-04, SE-08: how long a session lasts, and how long a proof of identity."""

from datetime import timedelta

import pytest
from fastapi.routing import APIRoute

from hexkey.entrypoints.http.app import create_app
from hexkey.entrypoints.http.protection import Fresh, rule_of
from tests.support.api import PASSWORD, Api, an_api, settings
from tests.support.devices import Device, a_device, a_new_device

pytestmark = pytest.mark.anyio

IDLE = timedelta(days=14)
ABSOLUTE = timedelta(days=30)
SENSITIVE: dict[tuple[str, str], int] = {  # and what they answer when they are done
    ("DELETE", "/sessions"): 204,
    ("DELETE", "/sessions/{id}"): 204,
    ("DELETE", "/users/me"): 202,
    ("GET", "/users/me/export"): 200,
    ("POST", "/users/me/api-keys"): 201,
    ("POST", "/users/me/email"): 202,
}
WITH_BODY: dict[tuple[str, str], dict[str, dict[str, object]]] = {
    ("POST", "/users/me/email"): {"json": {"email": "new@example.com"}},
    ("POST", "/users/me/api-keys"): {
        "json": {"name": "nightly", "scopes": ["account:read"], "expires_in": 3600}
    },
}


def is_fresh(route: APIRoute) -> bool:
    return isinstance(rule_of(route), Fresh)


def to(limit: timedelta, seconds: int) -> float:
    return limit.total_seconds() + seconds


class TestIdleLimit:
    @pytest.mark.parametrize(("seconds", "status"), [(-1, 200), (0, 401), (1, 401)])
    async def test_se_04_ends_what_is_not_refreshed(
        self, any_api: Api, seconds: int, status: int
    ) -> None:
        """SE-04: at 14 days less and more a second."""
        device = await a_new_device(any_api)
        any_api.clock.advance(seconds=to(IDLE, seconds))

        answer = await device.present()

        assert answer.status_code == status
        if status == 401:
            assert answer.json()["code"] == "invalid_refresh_token"

    @pytest.mark.parametrize(("seconds", "stays"), [(-1, True), (0, False), (1, False)])
    async def test_se_04_ends_access_tokens_too(self, seconds: int, stays: bool) -> None:
        async with an_api(refresh_token_idle=600) as api:
            device = await a_new_device(api)
            api.clock.advance(seconds=600 + seconds)

            assert await device.is_in() is stays

    @pytest.mark.parametrize("use", ["refresh", "request"])
    async def test_se_04_slides_with_use(self, any_api: Api, use: str) -> None:
        device = await a_new_device(any_api)
        any_api.clock.advance(minutes=10)
        if use == "refresh":
            await device.renew()
        else:
            assert await device.is_in()
            await any_api.settle()
        any_api.clock.advance(seconds=to(IDLE, -1))

        assert (await device.present()).status_code == 200


class TestAbsoluteLimit:
    @pytest.mark.parametrize(("seconds", "status"), [(-1, 200), (0, 401), (1, 401)])
    async def test_se_04_ends_what_is_used_all_the_time(
        self, any_api: Api, seconds: int, status: int
    ) -> None:
        """SE-04: sliding never passes the absolute end."""
        device = await a_new_device(any_api)
        for _ in range(3):
            any_api.clock.advance(days=9)
            await device.renew()
        any_api.clock.advance(seconds=to(ABSOLUTE - timedelta(days=27), seconds))

        assert (await device.present()).status_code == status

    @pytest.mark.parametrize(("seconds", "stays"), [(-1, True), (0, False), (1, False)])
    async def test_se_04_ends_access_tokens_too(self, seconds: int, stays: bool) -> None:
        async with an_api(refresh_token_ttl=600, refresh_token_idle=600) as api:
            device = await a_new_device(api)
            api.clock.advance(seconds=300)
            await device.renew()
            api.clock.advance(seconds=300 + seconds)

            assert await device.is_in() is stays


class TestFreshness:
    def test_se_08_is_asked_of_every_sensitive_act(self) -> None:
        """SE-08: a new route that is fresh fails here until it is in the matrix.

        A new password is sensitive, too: it comes with a proof of its own.
        """
        routes = create_app(settings()).routes
        asking = [it for it in routes if isinstance(it, APIRoute) and is_fresh(it)]

        assert {(m, it.path) for it in asking for m in it.methods or ()} == set(SENSITIVE)

    @pytest.mark.parametrize(
        ("minutes", "done"), [((4, 59), True), ((5, 0), False), ((5, 1), False)]
    )
    @pytest.mark.parametrize(("method", "path"), sorted(SENSITIVE))
    async def test_se_08_lasts_for_five_minutes(
        self, any_api: Api, method: str, path: str, minutes: tuple[int, int], done: bool
    ) -> None:
        """SE-08, V7.5.1, V7.5.3: each act at 4:59 and 5:01."""
        device, other = await a_new_device(any_api), await a_device(any_api)
        any_api.clock.advance(minutes=minutes[0], seconds=minutes[1])

        body = WITH_BODY.get((method, path), {})
        answer = await device.call(method, path.replace("{id}", other.id), **body)

        assert answer.status_code == (SENSITIVE[method, path] if done else 403)
        assert await other.is_in() == (method != "DELETE" or not done)
        if not done:
            assert answer.json()["code"] == "reauthentication_required"

    async def test_se_08_is_not_renewed_by_a_refresh(self, any_api: Api) -> None:
        """Whoever stole the tokens cannot prove anything with them."""
        device = await a_new_device(any_api)
        any_api.clock.advance(minutes=6)
        await device.renew()

        assert (await device.call("DELETE", "/sessions")).status_code == 403

    @pytest.mark.parametrize(("minutes", "status"), [((4, 59), 204), ((5, 1), 403)])
    async def test_se_08_begins_again_with_a_proof(
        self, any_api: Api, minutes: tuple[int, int], status: int
    ) -> None:
        device = await a_new_device(any_api)
        any_api.clock.advance(minutes=10)
        assert (await device.prove()).status_code == 204

        any_api.clock.advance(minutes=minutes[0], seconds=minutes[1])

        assert (await device.call("DELETE", "/sessions")).status_code == status

    async def test_se_08_is_that_of_one_session(self, any_api: Api) -> None:
        device, other = await a_new_device(any_api), await a_device(any_api)
        any_api.clock.advance(minutes=10)
        await other.prove()

        assert (await device.call("DELETE", "/sessions")).status_code == 403

    async def test_se_08_is_seen_by_other_instances_within_a_second(
        self, two_apis: tuple[Api, Api]
    ) -> None:
        one, two = two_apis
        device = await a_new_device(one)
        one.clock.advance(minutes=10)
        assert await device.is_in(at=two)
        await device.prove()
        one.clock.advance(seconds=1)

        answer = await two.call("DELETE", "/sessions", headers=device.headers)

        assert answer.status_code == 204


class TestProof:
    async def test_that_is_wrong_proves_nothing(self, any_api: Api) -> None:
        """SE-08, SE-09: the session stays as it was."""
        device = await a_new_device(any_api)
        any_api.clock.advance(minutes=10)

        answer = await device.prove("not it, and long enough")

        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")
        assert (await device.call("DELETE", "/sessions")).status_code == 403
        assert await device.is_in()

    async def test_th_01_is_slowed_down_like_a_sign_in(self, any_api: Api) -> None:
        """A stolen token must not help to guess the password."""
        device = await a_new_device(any_api)
        for _ in range(5):
            await device.prove("not it, and long enough")

        answer = await device.prove()

        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_attempts")
        body = {"login": "alice", "password": PASSWORD}
        assert (await any_api.call("POST", "/sessions", json=body)).status_code == 429

    async def test_is_of_a_session_that_is_still_there(self, any_api: Api) -> None:
        device: Device = await a_new_device(any_api)
        await device.call("DELETE", "/sessions/current")

        assert (await device.prove()).status_code == 401

    async def test_needs_a_session(self, api: Api) -> None:
        await api.register()
        path = "/sessions/current/reauthenticate"

        answer = await api.call("POST", path, json={"password": PASSWORD}, auth=("alice", PASSWORD))

        assert answer.status_code == 404
