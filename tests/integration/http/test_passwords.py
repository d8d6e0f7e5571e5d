"""PW: the rules of passwords, as a client meets them."""

import unicodedata
from collections.abc import AsyncIterator

import pytest

from hexkey.adapters.wordlist.common_passwords import PackedCommonPasswords
from hexkey.domain.accounts.password import Password
from tests.support.api import PASSWORD, Answer, Api, an_api

pytestmark = pytest.mark.anyio

GRIN = "\U0001f600"


async def register(api: Api, password: str, **more: str) -> Answer:
    body = {"username": "alice", "password": password, **more}
    return await api.call("POST", "/users", json=body)


async def signs_in(api: Api, password: str) -> bool:
    body = {"login": "alice", "password": password}
    status = (await api.call("POST", "/sessions", json=body)).status_code
    assert status in {201, 401}
    return status == 201


class TestLength:
    @pytest.fixture
    async def strict(self) -> AsyncIterator[Api]:
        async with an_api(password_min_length=15) as api:
            yield api

    async def test_pw_01_is_at_least_eight(self, api: Api) -> None:
        """PW-01."""
        assert (await register(api, "kj3hx9q")).json()["code"] == "password_too_short"
        assert (await register(api, "kj3hx9qz")).status_code == 201

    async def test_pw_01_is_at_least_what_is_set(self, strict: Api) -> None:
        """PW-01."""
        assert (await register(strict, "kj3hx9qzkj3hx9")).json()["code"] == "password_too_short"
        assert (await register(strict, "kj3hx9qzkj3hx9q")).status_code == 201

    async def test_pw_02_is_counted_in_code_points(self, api: Api) -> None:
        """PW-02."""
        assert (await register(api, GRIN * 7)).json()["code"] == "password_too_short"
        assert (await register(api, GRIN * 8)).status_code == 201

    @pytest.mark.parametrize("length", [64, 128, 256])
    async def test_pw_03_may_be_long(self, api: Api, length: int) -> None:
        """PW-03, PW-04."""
        password = ("long walk " * 30)[:length]

        assert (await register(api, password)).status_code == 201
        assert await signs_in(api, password)
        assert not await signs_in(api, password[:-1])

    @pytest.mark.parametrize("password", ["x" * 257, GRIN * 257, "x" * 60_000])
    async def test_pw_03_has_an_end_before_any_hash(self, api: Api, password: str) -> None:
        """PW-03."""
        caller = await api.somebody("bob")
        hashed, spent = api.hasher.hashed, len(api.hasher.spent)
        change = {"current_password": PASSWORD, "new_password": password}
        wrong = {"current_password": password, "new_password": "another long walk"}

        answers = [
            await register(api, password),
            await api.call("POST", "/sessions", json={"login": "bob", "password": password}),
            await api.call("POST", "/token", data={"username": "bob", "password": password}),
            await api.call("PUT", "/users/me/password", json=wrong, headers=caller),
        ]

        assert [it.status_code for it in answers[:2]] == [422, 401]
        assert answers[2].status_code in {400, 401}
        assert answers[3].status_code == 401
        assert (api.hasher.hashed, len(api.hasher.spent)) == (hashed, spent)
        refused = await api.call("PUT", "/users/me/password", json=change, headers=caller)
        assert (refused.status_code, api.hasher.hashed) == (422, hashed)

    async def test_pw_03_of_a_megabyte_costs_nothing(self, api: Api) -> None:
        """PW-03."""
        for path in ("/users", "/sessions", "/token"):
            body = {"username": "alice", "login": "alice", "password": "x" * 1_000_000}
            how = {"data": body} if path == "/token" else {"json": body}
            assert (await api.call("POST", path, **how)).status_code == 413
        assert (api.hasher.hashed, api.hasher.spent) == (0, [])


class TestCharacters:
    async def test_pw_05_are_all_allowed_and_none_is_demanded(self, api: Api) -> None:
        """PW-05."""
        printable = "".join(map(chr, range(32, 127)))
        for number, password in enumerate(
            [printable, "qwmzkvbplrxtdjh", "пароль мой длинный", " " * 3 + "walk far"]
        ):
            body = {"username": f"user{number}x", "password": password}
            assert (await api.call("POST", "/users", json=body)).status_code == 201

    async def test_pw_05_are_kept_at_the_ends_too(self, api: Api) -> None:
        await register(api, " a long walk ")

        assert await signs_in(api, " a long walk ")
        assert not await signs_in(api, "a long walk")

    async def test_pw_06_are_the_same_in_every_composition(self, api: Api) -> None:
        """PW-06."""
        await register(api, "caf\u00e9 au lait")

        assert await signs_in(api, unicodedata.normalize("NFD", "caf\u00e9 au lait"))
        assert not await signs_in(api, "caf\uff45 au lait")


class TestCommonPassword:
    @pytest.mark.parametrize(
        "password", ["password1", "PassWord1", "iloveyou1", "qwertyuiop", "123456789"]
    )
    async def test_pw_07_is_refused(self, api: Api, password: str) -> None:
        """PW-07."""
        assert PackedCommonPasswords().contains(Password.typed(password))
        assert (await register(api, password)).json()["code"] == "password_common"

    @pytest.mark.parametrize(
        "password", ["alice in the city", "Alice.B@Example.com", "alice.b8", "Alice Liddell"]
    )
    async def test_pw_07_is_what_says_who_one_is(self, api: Api, password: str) -> None:
        """PW-07."""
        names = {
            "username": "alice.b8",
            "email": "alice.b@example.com",
            "full_name": "Alice Liddell",
        }

        status = (await register(api, password, **names)).status_code

        assert status == (201 if password == "alice in the city" else 422)


class TestChange:
    NEW = "an even longer walk"

    @pytest.mark.parametrize(
        "body", [{"new_password": NEW}, {"new_password": NEW, "current_password": ""}]
    )
    async def test_pw_13_needs_the_current_one(self, api: Api, body: dict[str, str]) -> None:
        """PW-13."""
        caller = await api.somebody()

        answer = await api.call("PUT", "/users/me/password", json=body, headers=caller)

        assert answer.status_code in {401, 422}
        assert await signs_in(api, PASSWORD)

    async def test_pw_13_has_no_deadline(self, api: Api) -> None:
        """PW-13: no periodic expiry."""
        await api.register()
        api.clock.advance(days=400)

        assert await signs_in(api, PASSWORD)

    async def test_pw_13_to_a_bad_one_leaves_the_old(self, api: Api) -> None:
        caller = await api.somebody()
        for bad in ("short", "password1", "alice", "x" * 300):
            body = {"current_password": PASSWORD, "new_password": bad}
            answer = await api.call("PUT", "/users/me/password", json=body, headers=caller)
            assert answer.status_code == 422

        assert await signs_in(api, PASSWORD)
