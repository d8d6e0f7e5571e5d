"""PW-08: nobody gets to choose what others have lost, wherever a password is chosen."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from hexkey.application.ports.audit import AuditQuery
from hexkey.domain.audit.event import Outcome
from hexkey.domain.identifiers import UserId
from tests.support.api import PASSWORD, Answer, Api, an_api
from tests.support.mails import token_in
from tests.support.range_server import RangeServer, range_server
from tests.support.recovering import reset_mail, signs_in, with_address

pytestmark = pytest.mark.anyio

LOST = "lost with a million others"
REFUSAL = (422, "password_breached")


@pytest.fixture
async def ranges() -> AsyncIterator[RangeServer]:
    async with range_server({LOST: 1_000_000}) as server:
        yield server


@pytest.fixture
async def guarded(ranges: RangeServer) -> AsyncIterator[Api]:
    async with an_api(breached_passwords_api=ranges.url) as api:
        yield api


async def register(api: Api, password: str) -> Answer:
    body = {"username": "zoe", "password": password}
    return await api.call("POST", "/users", json=body)


async def change(api: Api, password: str) -> Answer:
    body = {"current_password": PASSWORD, "new_password": password}
    headers = await api.sign_in()
    return await api.call("PUT", "/users/me/password", json=body, headers=headers)


async def reset(api: Api, password: str) -> Answer:
    body = {"token": token_in(await reset_mail(api)), "new_password": password}
    answer = await api.call("POST", "/password-resets/confirm", json=body)
    api.clock.advance(minutes=5)  # so that another mail may be asked for
    return answer


async def accept_invitation(api: Api, password: str) -> Answer:
    await api.container.invite_user()(email="zoe@example.com")
    body = {"token": token_in(await api.mail()), "username": "zoe", "password": password}
    return await api.call("POST", "/invitations/accept", json=body)


Choice = Callable[[Api, str], Awaitable[Answer]]


class TestBreachedPassword:
    @pytest.mark.parametrize("choose", [register, change, reset, accept_invitation])
    async def test_pw_08_is_refused_wherever_it_is_chosen(
        self, guarded: Api, ranges: RangeServer, choose: Choice
    ) -> None:
        await with_address(guarded)
        ranges.asked.clear()
        hashed = guarded.hasher.hashed

        answer = await choose(guarded, LOST)

        assert (answer.status_code, answer.json()["code"]) == REFUSAL
        assert len(ranges.asked) == 1
        assert guarded.hasher.hashed == hashed
        assert await signs_in(guarded, "alice", PASSWORD)
        assert (await choose(guarded, "kept to myself all along")).is_success

    async def test_pw_08_is_asked_about_after_the_old_one_was_proved(
        self, guarded: Api, ranges: RangeServer
    ) -> None:
        """PW-08: so nobody can have the collector asked who has not shown who they are."""
        headers = await guarded.somebody()
        ranges.asked.clear()
        body = {"current_password": "not hers", "new_password": LOST}

        answer = await guarded.call("PUT", "/users/me/password", json=body, headers=headers)

        assert answer.json()["code"] == "invalid_credentials"
        assert ranges.asked == []

    async def test_pw_08_is_not_asked_about_at_sign_in(
        self, guarded: Api, ranges: RangeServer
    ) -> None:
        await guarded.register()
        ranges.asked.clear()

        await guarded.sign_in()

        assert ranges.asked == []

    async def test_pw_08_is_refused_to_operators_too(self, guarded: Api) -> None:
        account = await guarded.register()
        refusal = "known from a data breach"

        with pytest.raises(Exception, match=refusal):
            await guarded.container.set_password()(user=UserId(account["id"]), new_password=LOST)
        with pytest.raises(Exception, match=refusal):
            await guarded.container.register_user().by_operator(username="zoe", password=LOST)


class TestCollectorThatIsAway:
    async def test_pw_08_keeps_nobody_out_and_is_told_of(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        """PW-08: accepted, logged, and in the audit trail, where the request can be found by it."""
        async with an_api(breached_passwords_api="http://127.0.0.1:1/range") as api:
            answer = await register(api, LOST)
            await api.container.refusals().write()
            query = AuditQuery(request_id=answer.headers["x-request-id"])
            events = await api.container.audit_archive().page(query, after=None, limit=9)

        assert answer.status_code == 201
        missed, made = sorted(events, key=lambda it: it.type)
        assert (missed.type, missed.outcome) == ("password.breaches_unanswered", Outcome.FAILED)
        assert (made.type, made.subject) == ("user.registered", answer.json()["id"])
        assert LOST not in repr(missed)
        [record] = [it for it in caplog.records if it.name == "hexkey.passwords"]
        assert record.levelno == logging.WARNING
        assert LOST not in caplog.text


class TestDefault:
    async def test_pw_08_asks_nobody(self, api: Api) -> None:
        """PW-08: nothing leaves the machine unless somebody wishes it."""
        assert api.container.breached_passwords().collections == ()
