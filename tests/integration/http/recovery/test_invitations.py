"""RC-15: an invitation is for one address and one role, once, and for a week."""

from typing import Any

import anyio
import pytest

from hexkey.domain.access import ADMIN
from tests.support.api import PASSWORD, Answer, Api
from tests.support.mails import token_in

pytestmark = pytest.mark.anyio

INVITED = "carol@example.com"


async def invite(api: Api, **more: Any) -> str:
    """Invite somebody; the token they are mailed."""
    await api.container.invite_user()(email=INVITED, **more)
    mail = await api.mail()
    assert mail.to == INVITED
    return token_in(mail)


async def accept(api: Api, token: str, **more: Any) -> Answer:
    body = {"token": token, "username": "carol", "password": PASSWORD, **more}
    return await api.call("POST", "/invitations/accept", json=body)


class TestInvitation:
    async def test_rc_15_begins_the_account_it_was_for(self, invited_api: Api) -> None:
        """RC-15: address and roles are the invitation's, whatever the body says."""
        token = await invite(invited_api, roles=[ADMIN])

        answer = await accept(invited_api, token, full_name="Carol")

        assert answer.status_code == 201
        body = answer.json()
        assert (body["email"], body["email_verified"]) == (INVITED, True)
        assert (body["roles"], body["full_name"]) == ([ADMIN], "Carol")
        assert answer.headers["location"] == f"/users/{body['id']}"
        headers = await invited_api.sign_in(INVITED)
        assert (await invited_api.call("GET", "/admin/users", headers=headers)).is_success

    @pytest.mark.parametrize("field", ["email", "roles", "role", "id", "email_verified"])
    async def test_rc_15_gives_nothing_else(self, invited_api: Api, field: str) -> None:
        """RC-15, P57, P93."""
        token = await invite(invited_api)

        assert (await accept(invited_api, token, **{field: "admin"})).status_code == 422

        assert (await accept(invited_api, token)).json()["roles"] == []

    async def test_rc_15_works_once(self, invited_api: Api) -> None:
        """RC-15, RC-02: 50 at a time."""
        token = await invite(invited_api)
        statuses: list[int] = []

        async def try_it(number: int) -> None:
            statuses.append((await accept(invited_api, token, username=f"c{number}")).status_code)

        async with anyio.create_task_group() as group:
            for number in range(50):
                group.start_soon(try_it, number)

        assert sorted(statuses) == [201] + [400] * 49

    async def test_rc_15_is_void_when_a_newer_one_is_there(self, invited_api: Api) -> None:
        older, newer = await invite(invited_api), await invite(invited_api)

        assert (await accept(invited_api, older)).status_code == 400
        assert (await accept(invited_api, newer)).status_code == 201

    async def test_rc_15_is_over_after_a_week(self, invited_api: Api) -> None:
        token = await invite(invited_api)
        invited_api.clock.advance(days=7)

        assert (await accept(invited_api, token)).status_code == 400

    @pytest.mark.parametrize(
        ("more", "code"),
        [
            ({"password": "short"}, "password_too_short"),
            ({"username": "a b"}, "invalid_username"),
            ({"username": "admin"}, "invalid_username"),
            ({"full_name": "x" * 300}, "invalid_profile"),
        ],
    )
    async def test_stays_usable_when_a_value_is_refused(
        self, invited_api: Api, more: dict[str, str], code: str
    ) -> None:
        token = await invite(invited_api)

        assert (await accept(invited_api, token, **more)).json()["code"] == code

        assert (await accept(invited_api, token)).status_code == 201

    async def test_is_the_only_way_in(self, invited_api: Api) -> None:
        body = {"username": "mallory", "password": PASSWORD}

        answer = await invited_api.call("POST", "/users", json=body)

        assert (answer.status_code, answer.json()["code"]) == (403, "registration_closed")
