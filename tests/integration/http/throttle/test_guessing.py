"""RL-01 to RL-05, RL-08, RL-09: guesses are counted, whatever route they take."""

import asyncio
from collections import Counter
from itertools import product

import pytest
from fastapi.routing import APIRoute

from hexkey.application.authentication.turns import MOST_IN_LINE
from hexkey.domain.authentication.rules import MAX_IN_A_ROW
from tests.support.api import PASSWORD, Api
from tests.support.guessing import HOME, OFFICE, WAYS, Guesser
from tests.support.mails import token_in
from tests.support.recovering import NEW_PASSWORD, reset, reset_mail, with_address

pytestmark = pytest.mark.anyio

# Routes that may answer "too many attempts"; with Basic, any that needs a credential can, too.
COMPARING = {
    ("POST", "/sessions"),
    ("POST", "/token"),
    ("POST", "/sessions/current/reauthenticate"),
    ("PUT", "/users/me/password"),
}


@pytest.fixture
async def alice(api: Api) -> Guesser:
    return Guesser(api, session=await api.somebody("alice"))


class TestEveryWay:
    @pytest.mark.parametrize(("one", "other"), [*product(WAYS, WAYS)])
    async def test_rl_03_exhausts_them_all(self, alice: Guesser, one: str, other: str) -> None:
        """RL-03, P76, P77: one budget for an account, whichever way one guesses."""
        await alice.exhaust(by=one)

        for password in ("a wrong one", PASSWORD):
            answer = await alice.guess(password, by=other)
            assert answer.status_code == 429
            assert answer.headers["Retry-After"] == "1"

    async def test_rl_03_knows_every_route_that_compares_a_secret(self, api: Api) -> None:
        """RL-03: a new route that takes a password has to be added here, and so is tried."""
        found = {
            (method, route.path)
            for route in api.app.routes
            if isinstance(route, APIRoute)
            for method in route.methods or ()
            if _takes_a_known_password(route)
        }

        assert found == COMPARING

    @pytest.mark.parametrize("way", WAYS)
    async def test_rl_02_stops_guesses_made_at_once(self, alice: Guesser, way: str) -> None:
        """RL-02, P75: 200 parallel wrong guesses cause as many verifications as one by one."""
        spent = alice.api.hasher.spent
        spent.clear()

        answers = await asyncio.gather(*(alice.guess(by=way) for _ in range(200)))

        assert len(spent) == 5
        statuses = Counter(it.status_code for it in answers)
        assert statuses[401] == 5
        assert statuses[429] >= MOST_IN_LINE - 5
        assert statuses[401] + statuses[429] + statuses[503] == 200  # the line has an end

    @pytest.mark.parametrize("way", ["JSON", "form", "Basic"])
    async def test_lets_many_in_at_once_who_know_the_password(
        self, alice: Guesser, way: str
    ) -> None:
        answers = await asyncio.gather(*(alice.guess(PASSWORD, by=way) for _ in range(60)))

        assert {it.status_code for it in answers} <= {200, 201}


def _takes_a_known_password(route: APIRoute) -> bool:
    """Whether its body has a password that there is already, and not only one to be set."""
    body = route.body_field
    if body is None:
        return False
    model = body.field_info.annotation
    names = set(getattr(model, "model_fields", {}))
    sets_one = route.path in ("/users", "/admin/users", "/setup") or "token" in names
    return bool(names & {"password", "current_password"}) and not sets_one


class TestAnAccount:
    async def test_rl_01_has_a_hundred_guesses_in_a_row_wherever_they_come_from(
        self, alice: Guesser
    ) -> None:
        """RL-01: never more than 100 consecutive verified guesses, though networks are many."""
        spent = alice.api.hasher.spent
        spent.clear()
        for number in range(150):
            await Guesser(alice.api, address=f"198.18.{number}.1").guess()

        assert len(spent) == MAX_IN_A_ROW
        stranger = Guesser(alice.api, address="198.19.0.1")
        for days in (0, 1, 29):
            alice.api.clock.advance(days=days)
            assert (await stranger.guess(PASSWORD)).status_code == 429

    async def test_rl_05_goes_on_for_its_owner_while_strangers_guess(self, api: Api) -> None:
        """RL-05: a session, a known device and a reset are not what strangers can lock."""
        await with_address(api)
        owner = Guesser(api, device="new")
        signed_in = await owner.guess(PASSWORD)
        device = signed_in.headers["X-Hexkey-Device"]
        session = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
        for number in range(150):
            await Guesser(api, address=f"198.18.{number}.1").guess()

        assert (await api.me(session)).status_code == 200
        at_home = Guesser(api, address=HOME, device=device)
        assert (await at_home.guess(PASSWORD)).status_code == 201
        assert (await Guesser(api).guess(PASSWORD)).status_code == 429  # of no known device
        mail = await reset_mail(api)
        assert (await reset(api, token=token_in(mail))).status_code == 204
        assert (await Guesser(api).guess(NEW_PASSWORD)).status_code == 201

    async def test_rl_04_is_cleared_by_a_success_and_no_other_is(self, alice: Guesser) -> None:
        """RL-04, P78: one's own successes buy no guesses at others."""
        await alice.api.register("mallory")
        mallory = Guesser(alice.api, login="mallory")
        for _ in range(4):
            assert (await alice.guess()).status_code == 401
            assert (await mallory.guess(PASSWORD)).status_code == 201

        assert (await alice.guess()).status_code == 401
        assert (await alice.guess()).status_code == 429

    async def test_rl_08_waits_like_one_that_does_not_exist(self, alice: Guesser) -> None:
        """RL-08: the same answer for known, unknown and right password."""
        nobody = Guesser(alice.api, login="nobody")
        await alice.exhaust()
        await nobody.exhaust()

        answers = [
            await alice.guess(),
            await alice.guess(PASSWORD),
            await nobody.guess(),
        ]
        bodies = [{**it.json(), "request_id": ""} for it in answers]
        assert {it.status_code for it in answers} == {429}
        assert {it.headers["Retry-After"] for it in answers} == {"1"}
        assert bodies[0] == bodies[1] == bodies[2]

    @pytest.mark.parametrize(
        "address", [OFFICE, "2001:db8::1", "2001:db8:0:1::1"], ids=["v4", "v6", "next /64"]
    )
    async def test_d12_rests_for_one_network_only(self, alice: Guesser, address: str) -> None:
        await alice.exhaust()

        assert (await Guesser(alice.api, address=address).guess(PASSWORD)).status_code == 201

    async def test_rl_09_knows_a_network_and_a_name_by_every_spelling(self, api: Api) -> None:
        """RL-09, P82: hosts of one /64, cases and forms of one name."""
        await api.register("alice", email="alice@example.com")
        spellings = ["alice", "ALICE", "\uff41lice", "alice@EXAMPLE.com", "Alice@example.com"]
        for number, login in enumerate(spellings):
            who = Guesser(api, login=login, address=f"2001:db8::{number:x}")
            assert (await who.guess()).status_code == 401

        last = Guesser(api, address="2001:db8:0:0:ffff::")
        assert (await last.guess(PASSWORD)).status_code == 429


class TestANetwork:
    async def test_rl_04_stays_limited_whatever_succeeds_there(self, alice: Guesser) -> None:
        """RL-04, P78: 99 failures, an own success, one more failure, and it is over."""
        api = alice.api
        for number in range(99):
            assert (await Guesser(api, login=f"name{number}").guess()).status_code == 401
        assert (await alice.guess(PASSWORD)).status_code == 201
        assert (await Guesser(api, login="one more").guess()).status_code == 401

        assert (await alice.guess(PASSWORD)).status_code == 429
        assert (await Guesser(api, address=OFFICE).guess(PASSWORD)).status_code == 201

    async def test_gets_its_failures_back_at_a_pace(self, alice: Guesser) -> None:
        api = alice.api
        for number in range(100):
            await Guesser(api, login=f"name{number}").guess()
        refused = await Guesser(api, login="the next").guess()
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "36")

        api.clock.advance(seconds=36)
        assert (await Guesser(api, login="the next").guess()).status_code == 401
        assert (await Guesser(api, login="another").guess()).status_code == 429

    async def test_does_not_refuse_a_known_device(self, api: Api) -> None:
        await api.register("alice")
        device = (await Guesser(api, device="new").guess(PASSWORD)).headers["X-Hexkey-Device"]
        for number in range(101):
            last = await Guesser(api, login=f"name{number}").guess()

        assert last.status_code == 429
        assert (await Guesser(api, device=device).guess(PASSWORD)).status_code == 201
