"""Verifying an address: of an account that is there, and of one that waits for it."""

import pytest

from tests.support.api import PASSWORD, Api
from tests.support.mails import code_in, token_in
from tests.support.recovering import (
    ADDRESS,
    NEW_PASSWORD,
    ask,
    confirm,
    reset,
    reset_mail,
    signs_in,
    with_address,
)

pytestmark = pytest.mark.anyio

WAITING = {"username": "alice", "email": ADDRESS, "password": PASSWORD, "full_name": "Alice"}


async def disown(api: Api, token: str) -> int:
    body = {"token": token}
    return (await api.call("POST", "/email-verifications/disown", json=body)).status_code


class TestOpenRegistration:
    async def test_mails_by_itself_and_keeps_sessions(self, api: Api) -> None:
        await api.register("alice", email=ADDRESS)
        headers = await api.sign_in()
        assert (await api.me(headers)).json()["email_verified"] is False

        answer = await confirm(api, token=token_in(await api.mail()))

        assert (answer.status_code, answer.content) == (204, b"")
        assert (await api.me(headers)).json()["email_verified"] is True

    async def test_takes_the_code_with_or_without_its_flow(self, api: Api) -> None:
        """RC-14: but not with another one."""
        await with_address(api)
        flow = (await ask(api, "/email-verifications")).json()["flow"]
        code = code_in(await api.mail())

        assert (await confirm(api, email=ADDRESS, code=code, flow="x")).status_code == 400
        assert (await confirm(api, email=ADDRESS, code=code, flow=flow)).status_code == 204

    async def test_is_not_mailed_again_to_whoever_is_verified(self, api: Api) -> None:
        await api.register("alice", email=ADDRESS)
        assert (await confirm(api, token=token_in(await api.mail()))).status_code == 204
        api.clock.advance(minutes=1)

        assert (await ask(api, "/email-verifications")).status_code == 202

        assert await api.delivered() == []


class TestPreHijack:
    """RC-13, P63, P64: somebody has registered with an address that is not theirs."""

    async def test_rc_13_ends_when_the_owner_resets_the_password(self, api: Api) -> None:
        """RC-13: the attacker's password and session are dead."""
        await api.register("mallory", email=ADDRESS)
        attacker = await api.sign_in("mallory")
        await api.delivered()
        api.clock.advance(minutes=1)

        assert (await reset(api, token=token_in(await reset_mail(api)))).status_code == 204

        assert (await api.me(attacker)).status_code == 401
        assert not await signs_in(api, ADDRESS, PASSWORD)
        owner = await api.sign_in(ADDRESS, NEW_PASSWORD)
        assert (await api.me(owner)).json()["email_verified"] is True

    async def test_rc_13_ends_when_the_owner_says_so(self, api: Api) -> None:
        """RC-13: the address is free again, and its owner may use it."""
        await api.register("mallory", email=ADDRESS)
        attacker = await api.sign_in("mallory")
        token = token_in(await api.mail())

        assert await disown(api, token) == 204

        assert (await api.me(attacker)).status_code == 401
        body = (await api.me(await api.sign_in("mallory"))).json()
        assert (body["email"], body["email_verified"]) == (None, False)
        assert (await confirm(api, token=token)).status_code == 400
        assert await disown(api, token) == 400
        await api.register("alice", email=ADDRESS)

    async def test_rc_13_leaves_nothing_of_an_account_without_a_name(self, api: Api) -> None:
        """RC-13."""
        await api.register(None, email=ADDRESS)
        token = token_in(await api.mail())

        assert await disown(api, token) == 204

        assert not await signs_in(api, ADDRESS, PASSWORD)

    async def test_a_verified_address_cannot_be_disowned(self, api: Api) -> None:
        await api.register("alice", email=ADDRESS)
        token = token_in(await api.mail())
        assert (await confirm(api, token=token)).status_code == 204

        assert await disown(api, token) == 400


class TestVerifiedRegistration:
    async def test_begins_the_account_when_it_is_confirmed(self, verified_api: Api) -> None:
        api = verified_api
        asked = await api.call("POST", "/users", json=WAITING)
        assert asked.status_code == 202
        assert not await signs_in(api, "alice", PASSWORD)

        assert (await confirm(api, token=token_in(await api.mail()))).status_code == 204

        me = (await api.me(await api.sign_in())).json()
        assert (me["email"], me["email_verified"], me["full_name"]) == (ADDRESS, True, "Alice")

    async def test_begins_it_by_the_code(self, verified_api: Api) -> None:
        api = verified_api
        flow = (await api.call("POST", "/users", json=WAITING)).json()["flow"]
        code = code_in(await api.mail())

        assert (await confirm(api, email=ADDRESS, code=code, flow=flow)).status_code == 204

        assert await signs_in(api, "alice", PASSWORD)

    async def test_reserves_no_name(self, verified_api: Api) -> None:
        api = verified_api
        await api.call("POST", "/users", json=WAITING)
        token = token_in(await api.mail())
        await api.container.register_user().by_operator(username="alice", password=PASSWORD)

        answer = await confirm(api, token=token)

        assert (answer.status_code, answer.json()["code"]) == (409, "username_taken")

    async def test_tells_of_a_taken_name_at_once(self, verified_api: Api) -> None:
        """Names are public."""
        api = verified_api
        await api.container.register_user().by_operator(username="alice", password=PASSWORD)

        answer = await api.call("POST", "/users", json=WAITING)

        assert (answer.status_code, answer.json()["code"]) == (409, "username_taken")

    async def test_demands_an_address(self, verified_api: Api) -> None:
        body = {"username": "alice", "password": PASSWORD}

        answer = await verified_api.call("POST", "/users", json=body)

        assert (answer.status_code, answer.json()["code"]) == (422, "login_name_required")
