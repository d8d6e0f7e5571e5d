"""RC-16, P60: the first administrator, once."""

import asyncio

import pytest

from tests.support.api import PASSWORD, Answer, Api

pytestmark = pytest.mark.anyio


async def set_up(api: Api, username: str = "annabel", **more: object) -> Answer:
    token = api.container.setup_tokens().token()
    body = {"token": token, "username": username, "password": PASSWORD, **more}
    return await api.call("POST", "/setup", json=body)


class TestSetUp:
    async def test_rc_16_makes_the_first_administrator(self, stored_api: Api) -> None:
        """RC-16."""
        assert await stored_api.container.read_setup_token()() is not None

        answer = await set_up(stored_api)

        assert answer.status_code == 201
        assert answer.json()["roles"] == ["admin"]
        root = await stored_api.sign_in("annabel")
        assert (await stored_api.call("GET", "/admin/users", headers=root)).status_code == 200
        assert await stored_api.container.read_setup_token()() is None

    async def test_rc_16_closes_after_its_first_use(self, stored_api: Api) -> None:
        """RC-16."""
        await set_up(stored_api)

        answer = await set_up(stored_api, "berta")

        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    @pytest.mark.parametrize("token", [None, "hxk_su_wrong"])
    async def test_rc_16_says_nothing_about_the_token_when_it_is_closed(
        self, api: Api, token: str | None
    ) -> None:
        """RC-16: and makes nobody hash."""
        await set_up(api)
        hashed = api.hasher.hashed

        answer = await set_up(api, "berta", **({} if token is None else {"token": token}))

        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert api.hasher.hashed == hashed

    async def test_rc_16_stays_closed_when_every_user_is_deleted_by_sql(
        self, stored_api: Api
    ) -> None:
        """RC-16, P60: what was once is not undone by deleting who did it."""
        await set_up(stored_api)
        async with stored_api.container.engine().begin() as connection:
            await connection.exec_driver_sql("DELETE FROM user_roles")
            await connection.exec_driver_sql("DELETE FROM users")

        assert (await set_up(stored_api, "berta")).status_code == 404
        assert await stored_api.container.read_setup_token()() is None

    async def test_rc_16_is_closed_by_a_command_that_makes_an_administrator(
        self, stored_api: Api
    ) -> None:
        """RC-16: whichever way there came to be one."""
        await stored_api.administrator("berta")

        assert (await set_up(stored_api)).status_code == 404

    async def test_rc_16_makes_one_at_the_same_instant(self, stored_api: Api) -> None:
        """RC-16, RA-02."""
        names = [f"first-{number}" for number in range(6)]

        answers = await asyncio.gather(*(set_up(stored_api, name) for name in names))

        assert sorted(it.status_code for it in answers).count(201) == 1
        assert {it.status_code for it in answers} <= {201, 404, 503}
        page = await stored_api.container.users().page(after=None, limit=10)
        assert len(page.users) == 1

    @pytest.mark.parametrize("token", ["", "hxk_su_", "hxk_su_" + "A" * 48, "é", "x" * 5000])
    async def test_rc_16_needs_the_token(self, api: Api, token: str) -> None:
        """RC-16: and a wrong one makes nobody hash."""
        answer = await set_up(api, token=token)

        assert (answer.status_code, answer.json()["code"]) == (403, "invalid_setup_token")
        assert api.hasher.hashed == 0
        assert (await set_up(api)).status_code == 201

    async def test_rc_16_is_still_open_after_a_value_that_will_not_do(self, api: Api) -> None:
        for wrong in ({"password": "short"}, {"username": ""}):
            assert (await set_up(api, **wrong)).status_code == 422
        assert (await set_up(api)).status_code == 201
