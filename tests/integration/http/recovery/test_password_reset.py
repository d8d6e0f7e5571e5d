"""A forgotten password, as an application's backend speaks of it."""

import re

import anyio
import pytest

from tests.support.api import PASSWORD, Answer, Api
from tests.support.mails import code_in, links_in, token_in
from tests.support.recovering import (
    ADDRESS,
    NEW_PASSWORD,
    ask,
    reset,
    reset_mail,
    signs_in,
    with_address,
)

pytestmark = pytest.mark.anyio

REFUSAL = (400, "invalid_or_expired_token")
HOSTILE = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Server": "evil.example",
    "X-Host": "evil.example",
    "X-Original-Host": "evil.example",
    "Forwarded": "host=evil.example;proto=https",
    "Referer": "https://evil.example/",
    "Origin": "https://evil.example",
}


def refusal(answer: Answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


class TestReset:
    async def test_sets_the_password_and_signs_nobody_in(self, api: Api) -> None:
        """RC-05."""
        await with_address(api)

        answer = await reset(api, token=token_in(await reset_mail(api)))

        assert (answer.status_code, answer.content) == (204, b"")
        assert "set-cookie" not in answer.headers
        assert "authorization" not in answer.headers
        assert await signs_in(api, "alice", NEW_PASSWORD)
        assert not await signs_in(api, "alice", PASSWORD)

    async def test_rc_06_ends_every_session_and_refresh_token(self, api: Api) -> None:
        """RC-06."""
        await with_address(api)
        body = {"login": "alice", "password": PASSWORD}
        opened = [(await api.call("POST", "/sessions", json=body)).json() for _ in range(3)]
        headers = [{"Authorization": f"Bearer {it['access_token']}"} for it in opened]
        assert {(await api.me(it)).status_code for it in headers} == {200}

        assert (await reset(api, token=token_in(await reset_mail(api)))).status_code == 204

        assert {(await api.me(it)).status_code for it in headers} == {401}
        for session in opened:
            refresh = {"refresh_token": session["refresh_token"]}
            answer = await api.call("POST", "/sessions/refresh", json=refresh)
            assert answer.status_code == 401

    async def test_rc_02_works_once(self, api: Api) -> None:
        """RC-02: 50 at a time, and one succeeds."""
        await with_address(api)
        token = token_in(await reset_mail(api))
        statuses: list[int] = []

        async def try_it(number: int) -> None:
            answer = await reset(api, token=token, new_password=f"{NEW_PASSWORD} {number}")
            statuses.append(answer.status_code)

        async with anyio.create_task_group() as group:
            for number in range(50):
                group.start_soon(try_it, number)

        assert sorted(statuses) == [204] + [400] * 49
        assert refusal(await reset(api, token=token)) == REFUSAL

    async def test_rc_02_a_newer_mail_voids_the_older(self, api: Api) -> None:
        """RC-02."""
        await with_address(api)
        older = await reset_mail(api)
        api.clock.advance(minutes=1)
        newer = await reset_mail(api)

        assert refusal(await reset(api, token=token_in(older))) == REFUSAL
        assert (await reset(api, token=token_in(newer))).status_code == 204

    @pytest.mark.parametrize("minutes", [30, 31, 60 * 24 * 8])
    async def test_rc_01_is_over_after_half_an_hour(self, api: Api, minutes: int) -> None:
        """RC-01, RC-10: nobody has cleaned up."""
        await with_address(api)
        token = token_in(await reset_mail(api))

        api.clock.advance(minutes=minutes)

        assert refusal(await reset(api, token=token)) == REFUSAL
        assert not await signs_in(api, "alice", NEW_PASSWORD)

    async def test_rc_02_is_void_after_a_change_of_the_password(self, api: Api) -> None:
        """RC-02."""
        await with_address(api)
        token = token_in(await reset_mail(api))
        body = {"current_password": PASSWORD, "new_password": "another long walk"}
        headers = await api.sign_in()
        assert (await api.call("PUT", "/users/me/password", json=body, headers=headers)).is_success

        assert refusal(await reset(api, token=token)) == REFUSAL

    async def test_rc_02_is_void_after_disabling_and_enabling(self, api: Api) -> None:
        """RC-02."""
        account = await with_address(api)
        token = token_in(await reset_mail(api))
        await api.disable(account["id"])

        assert refusal(await reset(api, token=token)) == REFUSAL
        await api.container.enable_user()(user=account["id"])
        assert refusal(await reset(api, token=token)) == REFUSAL

    @pytest.mark.parametrize("password", ["short", "password1", "x" * 300, "alice@example.com"])
    async def test_a_refused_password_does_not_use_up_the_token(
        self, api: Api, password: str
    ) -> None:
        await with_address(api)
        token = token_in(await reset_mail(api))

        refused = await reset(api, token=token, new_password=password)

        assert refused.status_code == 422
        assert refused.json()["errors"][0]["loc"] == ["body", "new_password"]
        assert (await reset(api, token=token)).status_code == 204

    @pytest.mark.parametrize("header", HOSTILE)
    async def test_rc_08_links_lead_to_the_configured_place(self, api: Api, header: str) -> None:
        """RC-08, P55: whatever a request says of its host."""
        await with_address(api)

        await ask(api, "/password-resets", headers={header: HOSTILE[header]})

        links = links_in(await api.mail())
        assert links
        assert all(link.startswith("http://testserver/account/") for link in links)


class TestCode:
    """RC-14: six digits, ten minutes, five tries, and only where it was asked for."""

    async def test_rc_14_sets_the_password_in_its_own_flow(self, api: Api) -> None:
        await with_address(api)
        asked = await ask(api, "/password-resets")
        code = code_in(await api.mail())

        assert re.fullmatch(r"\d{6}", code)
        assert code not in asked.text
        proof = {"email": ADDRESS, "code": code}
        assert refusal(await reset(api, **proof)) == REFUSAL
        assert refusal(await reset(api, **proof, flow="x")) == REFUSAL
        assert (await reset(api, **proof, flow=asked.json()["flow"])).status_code == 204
        assert refusal(await reset(api, **proof, flow=asked.json()["flow"])) == REFUSAL
        assert await signs_in(api, "alice", NEW_PASSWORD)

    async def test_rc_14_does_not_work_in_somebody_elses_flow(self, api: Api) -> None:
        """RC-14: a code read out over the phone is of no use to whoever asked elsewhere."""
        await with_address(api)
        await with_address(api, "bob")
        theirs = (await ask(api, "/password-resets", "bob@example.com")).json()["flow"]
        await api.delivered()
        await ask(api, "/password-resets")
        code = code_in(await api.mail())

        answer = await reset(api, email=ADDRESS, code=code, flow=theirs)

        assert refusal(answer) == REFUSAL

    async def test_rc_14_bears_five_tries(self, api: Api) -> None:
        await with_address(api)
        flow = (await ask(api, "/password-resets")).json()["flow"]
        mail = await api.mail()
        wrong = "000000" if code_in(mail) != "000000" else "111111"

        for _ in range(5):
            answer = await reset(api, email=ADDRESS, code=wrong, flow=flow)
            assert refusal(answer) == REFUSAL

        right = await reset(api, email=ADDRESS, code=code_in(mail), flow=flow)
        assert refusal(right) == REFUSAL
        assert (await reset(api, token=token_in(mail))).status_code == 204

    async def test_rc_14_is_over_after_ten_minutes(self, api: Api) -> None:
        await with_address(api)
        flow = (await ask(api, "/password-resets")).json()["flow"]
        mail = await api.mail()

        api.clock.advance(minutes=10)

        answer = await reset(api, email=ADDRESS, code=code_in(mail), flow=flow)
        assert refusal(answer) == REFUSAL
        assert (await reset(api, token=token_in(mail))).status_code == 204

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"email": ADDRESS},
            {"code": "123456"},
            {"flow": "x"},
            {"token": "x", "code": "123456"},
            {"token": "x", "email": ADDRESS},
            {"token": "x", "flow": "x"},
            {"token": None, "email": ADDRESS},
            {"token": 1},
            {"email": ADDRESS, "code": 123456},
            {"email": ADDRESS, "code": ["123456"]},
        ],
        ids=str,
    )
    async def test_is_one_proof_or_none(self, api: Api, body: dict[str, str]) -> None:
        """RC-04: half of one and half of the other is nothing."""
        answer = await reset(api, **body)

        assert refusal(answer) == (422, "validation_error")
