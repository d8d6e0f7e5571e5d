"""EN-03, EN-04, EN-05, RL-11: whoever asks for mail learns nothing, and can flood nobody."""

from typing import Any

import pytest

from tests.support.api import PASSWORD, Answer, Api, an_api
from tests.support.mails import code_in
from tests.support.recovering import ADDRESS, ask, confirm, reset, with_address

pytestmark = pytest.mark.anyio

ASKING = ("/password-resets", "/email-verifications")
UNKNOWN = "nobody@example.com"


def seen(answer: Answer) -> tuple[Any, ...]:
    """All that a client sees, but for what is random."""
    body = answer.json()
    assert len(body.pop("flow", "x" * 43)) >= 43
    body.pop("request_id", None)
    headers = [(k, v) for k, v in answer.headers.multi_items() if k != "x-request-id"]
    return answer.status_code, headers, body


class TestAsking:
    @pytest.mark.parametrize("path", ASKING)
    async def test_en_03_is_answered_alike(self, api: Api, path: str) -> None:
        """EN-03, P83: known, unknown, disabled, verified, too often."""
        await with_address(api)
        gone = await with_address(api, "gone")
        await api.disable(gone["id"])
        await api.delivered()
        addresses = [ADDRESS, ADDRESS.upper(), UNKNOWN, "gone@example.com", ADDRESS, UNKNOWN]

        answers = [seen(await ask(api, path, it)) for it in addresses]

        assert answers[0][0] == 202
        assert all(it == answers[0] for it in answers)

    @pytest.mark.parametrize("path", ASKING)
    async def test_en_03_mails_only_who_is_there(self, api: Api, path: str) -> None:
        """EN-03."""
        await with_address(api)

        for email in (ADDRESS, UNKNOWN):
            await ask(api, path, email)

        assert [mail.to for mail in await api.delivered()] == [ADDRESS]

    @pytest.mark.parametrize("path", ASKING)
    @pytest.mark.parametrize("email", ["", "x", "a b@example.com", "a@b", "a@example.com\nb@c.de"])
    async def test_says_what_is_no_address(self, api: Api, path: str, email: str) -> None:
        assert (await ask(api, path, email)).status_code == 422


class TestFlood:
    async def test_rl_11_of_one_address_is_five_mails_an_hour(self, api: Api) -> None:
        """RL-11: 50 requests in 50 minutes."""
        await with_address(api)
        api.clock.advance(hours=2)
        sent = 0
        for _ in range(50):
            answer = await ask(api, "/password-resets")
            assert answer.status_code == 202
            sent += len(await api.delivered())
            api.clock.advance(seconds=60)

        assert sent == 5

    async def test_rl_11_is_one_in_half_a_minute(self, api: Api) -> None:
        """RL-11: of each kind of mail."""
        await with_address(api)

        for _ in range(25):
            for path in ASKING:
                await ask(api, path)

        assert len(await api.delivered()) == len(ASKING)

    async def test_rl_11_from_one_network_is_twenty_a_minute(self, api: Api) -> None:
        """RL-11: to however many people."""
        for number in range(30):
            await api.container.register_user().by_operator(
                email=f"p{number}@example.com", password=PASSWORD
            )

        answers = [
            await ask(api, "/password-resets", f"p{number}@example.com") for number in range(30)
        ]

        assert {it.status_code for it in answers} == {202}
        assert len(await api.delivered()) == 20


class TestCode:
    @pytest.mark.parametrize("way", [confirm, reset])
    async def test_en_05_of_nobody_is_as_wrong_as_any(self, api: Api, way: Any) -> None:
        """EN-05, P84: unknown address, wrong code, used up, expired: one answer."""
        path = "/password-resets" if way is reset else "/email-verifications"
        await with_address(api)
        flows = {it: (await ask(api, path, it)).json()["flow"] for it in (ADDRESS, UNKNOWN)}
        mail = await api.mail()
        wrong = "000000" if code_in(mail) != "000000" else "111111"

        answers = [
            await way(api, email=it, code=wrong, flow=flows[it]) for it in (ADDRESS, UNKNOWN)
        ]
        answers.append(await way(api, email="x", code=wrong, flow=flows[ADDRESS]))
        answers.append(await way(api, email=ADDRESS, code="", flow=flows[ADDRESS]))
        api.clock.advance(minutes=11)
        answers.append(await way(api, email=ADDRESS, code=code_in(mail), flow=flows[ADDRESS]))
        answers.append(await way(api, token="hxk_ot_x"))

        different = [it.text for it in answers if seen(it) != seen(answers[0])]
        assert answers[0].status_code == 400
        assert different == []


class TestRegistration:
    async def test_en_04_of_a_taken_address_looks_like_a_new_one(self, verified_api: Api) -> None:
        """EN-04, P85: field by field; the owner is told by mail."""
        api = verified_api
        await api.container.register_user().by_operator(
            username="alice", email=ADDRESS, password=PASSWORD, full_name="Alice Liddell"
        )
        await api.delivered()
        api.clock.advance(minutes=1)
        answers = [
            await api.call("POST", "/users", json={"email": it, "password": PASSWORD})
            for it in (ADDRESS, UNKNOWN, ADDRESS.upper())
        ]

        assert answers[0].status_code == 202
        assert all(seen(it) == seen(answers[0]) for it in answers)
        assert "Liddell" not in answers[0].text
        mails = {mail.to: mail for mail in await api.delivered()}
        assert set(mails) == {ADDRESS, UNKNOWN}
        assert "hxk_ot_" not in mails[ADDRESS].text
        assert "hxk_ot_" in mails[UNKNOWN].text

    async def test_en_04_costs_one_hash_in_any_case(self, verified_api: Api) -> None:
        """EN-04, counted: and no row that only one of them has."""
        api = verified_api
        await api.container.register_user().by_operator(email=ADDRESS, password=PASSWORD)
        hashed = []
        for email in (ADDRESS, UNKNOWN):
            before = api.hasher.hashed
            await api.call("POST", "/users", json={"email": email, "password": PASSWORD})
            hashed.append(api.hasher.hashed - before)

        assert hashed == [1, 1]

    async def test_d11_of_a_taken_address_is_told_where_nobody_verifies(self) -> None:
        """D11: with immediate sign-up it cannot be hidden."""
        async with an_api() as api:
            await with_address(api)
            body = {"email": ADDRESS, "password": PASSWORD}
            assert (await api.call("POST", "/users", json=body)).status_code == 409
