"""SE-06: seeing where one is signed in, and ending that; SE-11: how exactly it is kept."""

from pathlib import Path

import pytest

from tests.support.api import PASSWORD, Api, an_api
from tests.support.devices import a_device, a_new_device
from tests.support.doubles import FrozenClock

pytestmark = pytest.mark.anyio

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)


class TestList:
    async def test_se_06_says_where_and_since_when(self, any_api: Api) -> None:
        """SE-06, V7.5.2."""
        device = await a_new_device(any_api)
        any_api.clock.advance(seconds=30)
        phone = await a_device(any_api, user_agent=IPHONE)

        latest, first = await phone.listed()

        assert latest == {
            "id": phone.id,
            "created_at": "2026-01-01T12:00:30.000Z",
            "last_seen_at": "2026-01-01T12:00:30.000Z",
            "expires_at": "2026-01-15T12:00:30.000Z",
            "user_agent": "Mobile Safari 18 on iOS",
            "address": "127.0.0.1",
            "current": True,
        }
        assert (first["id"], first["user_agent"]) == (device.id, "Firefox 140 on Linux")
        assert [it["current"] for it in await device.listed()] == [False, True]

    async def test_se_06_shows_no_token(self, any_api: Api) -> None:
        """SE-06: ids are not tokens."""
        device = await a_new_device(any_api)

        text = str(await device.listed())

        assert device.refresh not in text
        assert device.access not in text

    async def test_shows_only_live_ones(self, any_api: Api) -> None:
        await any_api.register()
        idle, ended = await a_device(any_api), await a_device(any_api)
        assert (await ended.call("DELETE", "/sessions/current")).status_code == 204
        any_api.clock.advance(days=14)
        device = await a_device(any_api)

        assert [it["id"] for it in await device.listed()] == [device.id]
        assert await idle.is_over()

    async def test_se_06_shows_nobody_elses(self, any_api: Api) -> None:
        alice, bob = await a_new_device(any_api, "alice"), await a_new_device(any_api, "bob")

        assert [it["id"] for it in await alice.listed()] == [alice.id]
        assert [it["id"] for it in await bob.listed()] == [bob.id]

    @pytest.mark.parametrize(
        "agent", ["", "x", "\u00e9" * 20, "<script>alert(1)</script>", "Mozilla/5.0 " * 200]
    )
    async def test_survives_whatever_a_client_calls_itself(self, any_api: Api, agent: str) -> None:
        await any_api.register()
        device = await a_device(any_api, user_agent=agent)

        (item,) = await device.listed()

        assert item["user_agent"]
        assert "<script>" not in item["user_agent"]


class TestLastSeen:
    @pytest.mark.parametrize(("seconds", "seen"), [(59, "00:00"), (60, "01:00"), (61, "01:01")])
    async def test_se_11_is_written_at_most_once_a_minute(
        self, any_api: Api, seconds: int, seen: str
    ) -> None:
        """SE-11."""
        device = await a_new_device(any_api)
        any_api.clock.advance(seconds=seconds)

        assert await device.is_in()
        await any_api.settle()
        (item,) = await device.listed()

        assert item["last_seen_at"] == f"2026-01-01T12:{seen}.000Z"

    async def test_rf_12_is_written_before_the_service_ends(self, sqlite_path: Path) -> None:
        """RF-12: a drain loses nothing that was noted."""
        clock, url = FrozenClock(), f"sqlite:///{sqlite_path}"
        async with an_api(clock, database_url=url) as api:
            device = await a_new_device(api)
            clock.advance(seconds=61)
            assert await device.is_in()

        async with an_api(clock, database_url=url) as api:
            device.api = api
            (item,) = await device.listed()

        assert item["last_seen_at"] == "2026-01-01T12:01:01.000Z"

    async def test_is_moved_by_a_refresh(self, any_api: Api) -> None:
        device = await a_new_device(any_api)
        any_api.clock.advance(seconds=30)

        await device.renew()

        assert (await device.listed())[0]["last_seen_at"] == "2026-01-01T12:00:30.000Z"


class TestLimit:
    @pytest.mark.lengthy
    async def test_se_11_of_a_hundred_ends_the_oldest(self, any_api: Api) -> None:
        """SE-11, V7.1.2."""
        oldest, *others = [await a_new_device(any_api)] + [
            await a_device(any_api) for _ in range(99)
        ]
        assert await oldest.is_in()

        latest = await a_device(any_api)
        any_api.clock.advance(seconds=1)

        assert await oldest.is_over()
        assert {it["id"] for it in await latest.listed()} == {it.id for it in [*others, latest]}

    async def test_se_11_is_one_of_each_user(self, api: Api) -> None:
        """Nobody is signed out by somebody else's sign-ins."""
        alice = await a_new_device(api, "alice")
        await api.register("bob")
        for _ in range(101):
            await a_device(api, "bob")

        assert await alice.is_in()


class TestSignIn:
    async def test_se_02_adopts_nothing_that_is_sent_along(self, any_api: Api) -> None:
        """SE-02, P51: neither a token nor a cookie that was there before."""
        device = await a_new_device(any_api)
        body = {"login": "alice", "password": PASSWORD}
        headers = {**device.headers, "Cookie": f"session={device.id}; sid={device.refresh}"}

        answer = await any_api.call("POST", "/sessions", json=body, headers=headers)

        assert answer.json()["session_id"] != device.id
        assert "Set-Cookie" not in answer.headers
        assert await device.is_in()
