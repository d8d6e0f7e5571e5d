"""A device that its owner has signed in with is known the next time, and proves nothing else."""

from http.cookies import SimpleCookie

import pytest

from tests.support.api import PASSWORD, Api, an_api
from tests.support.guessing import Guesser

pytestmark = pytest.mark.anyio

HEADER, COOKIE = "X-Hexkey-Device", "__Host-hexkey-device"


class TestHeader:
    @pytest.mark.parametrize("way", ["JSON", "form"])
    async def test_is_answered_with_a_token_at_sign_in(self, api: Api, way: str) -> None:
        await api.register("alice")

        signed_in = await Guesser(api, device="new").guess(PASSWORD, by=way)
        unasked = await Guesser(api).guess(PASSWORD, by=way)
        wrong = await Guesser(api, device="new").guess(by=way)

        assert signed_in.headers[HEADER].startswith("hxk_dev_")
        assert HEADER not in unasked.headers
        assert HEADER not in wrong.headers
        assert "Set-Cookie" not in signed_in.headers

    async def test_keeps_its_token_over_the_next_sign_in(self, api: Api) -> None:
        await api.register("alice")
        first = (await Guesser(api, device="new").guess(PASSWORD)).headers[HEADER]

        assert (await Guesser(api, device=first).guess(PASSWORD)).headers[HEADER] == first

    @pytest.mark.parametrize("way", ["JSON", "form", "Basic"])
    async def test_has_a_budget_of_its_own_which_also_ends(self, api: Api, way: str) -> None:
        await api.register("alice")
        device = (await Guesser(api, device="new").guess(PASSWORD)).headers[HEADER]
        await Guesser(api).exhaust(by=way)

        await Guesser(api, device=device).exhaust(by=way)
        assert (await Guesser(api, device=device).guess(PASSWORD)).status_code == 429

    async def test_rl_04_begins_anew_with_a_success(self, api: Api) -> None:
        await api.register("alice")
        device = (await Guesser(api, device="new").guess(PASSWORD)).headers[HEADER]
        at_home = Guesser(api, device=device)
        for _ in range(3):
            assert {(await at_home.guess()).status_code for _ in range(4)} == {401}
            assert (await at_home.guess(PASSWORD)).status_code == 201

    @pytest.mark.parametrize("junk", ["junk", "hxk_dev_" + "A" * 72, "x" * 5000])
    async def test_of_junk_is_no_device(self, api: Api, junk: str) -> None:
        await api.register("alice")
        await Guesser(api).exhaust()

        assert (await Guesser(api, device=junk).guess(PASSWORD)).status_code == 429

    async def test_of_another_account_is_no_device(self, api: Api) -> None:
        """Else whoever has an account of their own would have a fresh budget for every other."""
        await api.register("alice")
        await api.register("mallory")
        own = (await Guesser(api, login="mallory", device="new").guess(PASSWORD)).headers[HEADER]
        await Guesser(api).exhaust()

        assert (await Guesser(api, device=own).guess(PASSWORD)).status_code == 429

    async def test_signs_nobody_in(self, api: Api) -> None:
        await api.register("alice")
        device = (await Guesser(api, device="new").guess(PASSWORD)).headers[HEADER]

        answer = await api.call("GET", "/users/me", headers={"Authorization": f"Bearer {device}"})
        assert answer.status_code == 401


class TestCookie:
    async def test_is_set_where_the_service_is_reached_by_https(self) -> None:
        async with an_api(public_url="https://testserver") as api:
            await api.register("alice")
            signed_in = await Guesser(api, address=None).guess(PASSWORD)

        cookie = SimpleCookie(signed_in.headers["Set-Cookie"])[COOKIE]
        assert cookie.value.startswith("hxk_dev_")
        assert (cookie["path"], cookie["samesite"], cookie["domain"]) == ("/", "Lax", "")
        assert (cookie["secure"], cookie["httponly"]) == (True, True)

    async def test_has_a_budget_of_its_own(self) -> None:
        async with an_api(public_url="https://testserver") as api:
            await api.register("alice")
            who = Guesser(api, address=None)
            token = SimpleCookie((await who.guess(PASSWORD)).headers["Set-Cookie"])[COOKIE].value
            api.client.cookies.clear()
            await who.exhaust()

            body = {"login": "alice", "password": PASSWORD}
            headers = {"Cookie": f"{COOKIE}={token}"}
            answer = await api.call("POST", "/sessions", json=body, headers=headers)

        assert answer.status_code == 201
