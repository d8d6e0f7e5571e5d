"""RC-12: another address, confirmed first, and taken back by whoever reads the old one."""

from typing import Any

import pytest

from hexkey.application.ports.mail import Mail
from tests.support.api import PASSWORD, Api, Headers
from tests.support.mails import token_in
from tests.support.recovering import ADDRESS, NEW_PASSWORD, ask, reset, signs_in, verified

pytestmark = pytest.mark.anyio

NEW = "alice@example.org"


async def somebody(api: Api, username: str = "alice") -> Headers:
    """A session of somebody whose address is verified."""
    await verified(api, username)
    return await api.sign_in(username)


async def change(api: Api, token: str, act: str = "confirm") -> int:
    answer = await api.call("POST", f"/email-changes/{act}", json={"token": token})
    return answer.status_code


async def changed(api: Api, headers: Headers, email: str = NEW) -> dict[str, Mail]:
    """Change the address; the mails of that, by recipient."""
    assert (await ask(api, "/users/me/email", email, headers=headers)).status_code == 202
    assert await change(api, token_in(await api.mail())) == 204
    return {mail.to: mail for mail in await api.delivered()}


async def email_of(api: Api, headers: Headers) -> tuple[Any, Any]:
    body = (await api.me(headers)).json()
    return body["email"], body["email_verified"]


class TestChange:
    async def test_rc_12_waits_for_the_new_address(self, api: Api) -> None:
        """RC-12: until then nothing changes; then both are told, and the old one may undo it."""
        headers = await somebody(api)

        answer = await ask(api, "/users/me/email", NEW, headers=headers)

        assert answer.status_code == 202
        assert set(answer.json()) == {"detail"}
        mail = await api.mail()
        assert mail.to == NEW
        assert await email_of(api, headers) == (ADDRESS, True)
        assert await change(api, token_in(mail)) == 204
        assert await email_of(api, headers) == (NEW, True)
        told = {it.to: it for it in await api.delivered()}
        assert set(told) == {ADDRESS, NEW}
        assert "hxk_ot_" in told[ADDRESS].text
        assert "hxk_ot_" not in told[NEW].text

    async def test_rc_12_needs_a_fresh_proof(self, api: Api) -> None:
        """RC-12, ASVS 7.5.1."""
        headers = await somebody(api)
        api.clock.advance(minutes=6)

        answer = await ask(api, "/users/me/email", NEW, headers=headers)

        assert (answer.status_code, answer.json()["code"]) == (403, "reauthentication_required")
        assert await api.delivered() == []

    async def test_rc_12_does_not_tell_that_an_address_is_taken(self, api: Api) -> None:
        """EN-04: its owner is told."""
        await verified(api, "bob")
        headers = await somebody(api)
        free = await ask(api, "/users/me/email", NEW, headers=headers)
        taken = await ask(api, "/users/me/email", "bob@example.com", headers=headers)

        assert (free.status_code, free.json()) == (taken.status_code, taken.json())
        told = {it.to: it for it in await api.delivered()}
        assert set(told) == {NEW, "bob@example.com"}
        assert "hxk_ot_" not in told["bob@example.com"].text

    async def test_rc_12_loses_against_whoever_took_the_address_meanwhile(self, api: Api) -> None:
        headers = await somebody(api)
        await ask(api, "/users/me/email", NEW, headers=headers)
        token = token_in(await api.mail())
        await api.register("bob", email=NEW)

        assert await change(api, token) == 400
        assert await email_of(api, headers) == (ADDRESS, True)

    async def test_rc_02_is_void_after_a_change_of_the_password(self, api: Api) -> None:
        """RC-02."""
        headers = await somebody(api)
        await ask(api, "/users/me/email", NEW, headers=headers)
        token = token_in(await api.mail())
        body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
        await api.call("PUT", "/users/me/password", json=body, headers=headers)

        assert await change(api, token) == 400


class TestUndo:
    async def test_rc_12_gives_the_account_back(self, api: Api) -> None:
        """RC-12: the thief's sessions and password are dead, and a mail to reset is there."""
        thief = await somebody(api)
        mails = await changed(api, thief)
        body = {"current_password": PASSWORD, "new_password": "the password of a thief"}
        await api.call("PUT", "/users/me/password", json=body, headers=thief)
        await api.delivered()

        assert await change(api, token_in(mails[ADDRESS]), "undo") == 204

        assert (await api.me(thief)).status_code == 401
        assert not await signs_in(api, "alice", "the password of a thief")
        resets = [it for it in await api.delivered() if it.to == ADDRESS and "hxk_ot_" in it.text]
        (mail,) = resets
        assert (await reset(api, token=token_in(mail))).status_code == 204
        owner = await api.sign_in("alice", NEW_PASSWORD)
        assert await email_of(api, owner) == (ADDRESS, True)

    async def test_rc_12_works_after_a_second_change(self, api: Api) -> None:
        """RC-12: a thief who changes it twice gains nothing."""
        thief = await somebody(api)
        first = await changed(api, thief)
        api.clock.advance(minutes=1)
        await changed(api, thief, "alice@example.net")

        assert await change(api, token_in(first[ADDRESS]), "undo") == 204
        await api.delivered()
        assert not await signs_in(api, "alice", PASSWORD)

    async def test_rc_12_is_over_after_a_week(self, api: Api) -> None:
        headers = await somebody(api)
        mails = await changed(api, headers)
        api.clock.advance(days=7)

        assert await change(api, token_in(mails[ADDRESS]), "undo") == 400
