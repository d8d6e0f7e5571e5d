"""EN-01: seven reasons not to be let in, and one answer."""

from typing import Any

import httpx2
import pytest

from hexkey.domain.identifiers import UserId
from hexkey.entrypoints.container import Container
from tests.support.api import PASSWORD, Answer, Api
from tests.support.builders import a_user

pytestmark = pytest.mark.anyio

WRONG = "not the password"


@pytest.fixture(autouse=True)
async def people(api: Api) -> None:
    for name in ("alice", "gone", "tired"):
        await api.register(name, email=f"{name}@example.com")
    gone = await api.container.users().find_by_username("gone")
    assert gone is not None
    await api.disable(gone.id)
    await imported(api.container, "social")


async def imported(container: Container, username: str) -> None:
    """Somebody who signs in elsewhere and has no password here."""
    user = a_user(username=container.usernames().parse(username), password=None)
    async with container.store().begin() as transaction:
        await transaction.users.add(user)
        await transaction.commit()


async def by_json(api: Api, login: str, password: str) -> Answer:
    return await api.call("POST", "/sessions", json={"login": login, "password": password})


async def by_form(api: Api, login: str, password: str) -> Answer:
    return await api.call("POST", "/token", data={"username": login, "password": password})


async def by_basic(api: Api, login: str, password: str) -> Answer:
    return await api.call("GET", "/users/me", auth=httpx2.BasicAuth(login, password))


WAYS = [by_json, by_form, by_basic]
REASONS = {
    "unknown": ("nobody", PASSWORD),
    "unknown address": ("nobody@example.com", PASSWORD),
    "wrong password": ("alice", WRONG),
    "wrong password for an address": ("alice@example.com", WRONG),
    "disabled, right password": ("gone", PASSWORD),
    "disabled, wrong password": ("gone", WRONG),
    "no password": ("social", PASSWORD),
    "no name at all": ("a b@@", PASSWORD),
    "reserved name": ("admin", PASSWORD),
    "over-long password": ("alice", "x" * 5000),
    "over-long password of nobody": ("nobody", "x" * 5000),
    "over-long login": ("x" * 1000, PASSWORD),
}


def bytes_of(answer: Answer) -> tuple[Any, ...]:
    """All that a client sees, but for the request's id."""
    own = answer.headers["x-request-id"]
    headers = [
        (k, v.replace(own, "")) for k, v in answer.headers.multi_items() if k != "content-length"
    ]
    return answer.status_code, headers, answer.content.replace(own.encode(), b"")


class TestRefusal:
    @pytest.mark.parametrize("way", WAYS)
    async def test_en_01_is_the_same_for_every_reason(self, api: Api, way: Any) -> None:
        """EN-01, PW-14: status, headers in their order, and body."""
        answers = {reason: bytes_of(await way(api, *it)) for reason, it in REASONS.items()}

        assert answers["unknown"][0] == 401
        different = [reason for reason, it in answers.items() if it != answers["unknown"]]
        assert different == []

    @pytest.mark.parametrize("way", WAYS)
    async def test_en_01_is_the_same_when_there_were_too_many(self, api: Api, way: Any) -> None:
        """EN-01, RL-08: known, unknown, disabled and right password rest alike."""
        names = ("tired", "nobody", "gone", "social")
        for login in names:
            for _ in range(5):
                assert (await way(api, login, WRONG)).status_code == 401

        answers = [bytes_of(await way(api, login, WRONG)) for login in names]
        answers += [bytes_of(await way(api, login, PASSWORD)) for login in names]

        assert answers[0][0] == 429
        assert dict(answers[0][1])["retry-after"] == "1"
        assert all(it == answers[0] for it in answers)

    async def test_rl_03_counts_every_way_together(self, api: Api) -> None:
        """RL-03, PW-13: and a change of the password is one more way."""
        caller = await api.sign_in()
        body = {"current_password": WRONG, "new_password": "another long walk"}
        for way in (by_json, by_form, by_basic, by_json):
            assert (await way(api, "alice", WRONG)).status_code == 401
        change = await api.call("PUT", "/users/me/password", json=body, headers=caller)
        assert (change.status_code, change.json()["code"]) == (401, "invalid_credentials")

        rests = await api.call("PUT", "/users/me/password", json=body, headers=caller)
        assert rests.status_code == 429
        assert (await by_form(api, "ALICE@example.com", PASSWORD)).status_code == 429
        assert (await api.me(caller)).status_code == 200  # RL-05: who is signed in stays
        api.clock.advance(seconds=2)
        assert (await by_form(api, "alice", PASSWORD)).status_code == 200

    async def test_rl_06_a_forwarded_address_starts_no_new_count(self, api: Api) -> None:
        """RL-06, X10, P79."""
        statuses = []
        for number in range(7):
            headers = {"X-Forwarded-For": f"6.6.6.{number}", "Forwarded": f"for=6.6.6.{number}"}
            body = {"login": "alice", "password": WRONG}
            answer = await api.call("POST", "/sessions", json=body, headers=headers)
            statuses.append(answer.status_code)

        assert statuses == [401] * 5 + [429] * 2

    @pytest.mark.parametrize("odd", ["", None, [], {}, 0, True, False, 1.5, " ", "null", [""], "0"])
    async def test_pw_14_no_password_is_never_matched(self, api: Api, odd: Any) -> None:
        """PW-14, P68: twelve odd values against an account without password."""
        answer = await by_json(api, "social", odd)

        assert answer.status_code in {401, 422}

    async def test_costs_the_same_for_everybody(self, api: Api) -> None:
        """EN-02: counted here, and timed in the benchmarks."""
        costs = []
        for login in ("nobody", "alice", "gone", "social", "a b@@"):
            api.hasher.spent.clear()
            await by_json(api, login, WRONG)
            costs.append(list(api.hasher.spent))

        assert all(cost == costs[0] for cost in costs)
        assert len(costs[0]) >= 1


async def test_a_public_profile_of_a_disabled_user_is_gone(api: Api) -> None:
    user = await api.container.users().find_by_username("gone")
    assert user is not None

    assert (await api.call("GET", f"/users/{UserId(user.id)}")).status_code == 404
