"""RL-12: who sprays is throttled, and an operator hears of it at once."""

import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from hexkey.application.ports.audit import AuditQuery
from hexkey.domain.audit.event import AuditType
from hexkey.domain.authentication.rules import Rule
from tests.support.api import Api, an_api
from tests.support.guessing import Guesser

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="hexkey.security")


async def alerts(api: Api) -> list[str]:
    """The kinds that the audit trail has, the oldest first."""
    query = AuditQuery(type=AuditType.SPRAYING_SUSPECTED)
    events = await api.container.audit_archive().page(query, after=None, limit=100)
    return [event.details["kind"] for event in reversed(events)]


def every_rule(mode: str) -> dict[str, Any]:
    """Settings."""
    return {f"throttle_{rule}": mode for rule in Rule}


class TestSpraying:
    async def test_rl_12_of_many_accounts_from_one_network_is_throttled_and_told(
        self, api: Api, caplog: pytest.LogCaptureFixture
    ) -> None:
        """RL-12: one password over 1,000 accounts; no time passes until the alert."""
        api.hasher.spent.clear()
        for number in range(1000):
            await Guesser(api, login=f"person{number}").guess("Summer2026!")

        assert len(api.hasher.spent) == 100
        assert await alerts(api) == ["guessing_from_network"]
        assert "guessing_from_network: 100 failures, 203.0.113.7" in caplog.text

    async def test_rl_12_of_one_account_from_many_networks_is_throttled_and_told(
        self, api: Api, caplog: pytest.LogCaptureFixture
    ) -> None:
        """RL-12: one account over 1,000 addresses."""
        user = await api.register("alice")
        api.hasher.spent.clear()
        for number in range(1000):
            address = f"198.18.{number // 250}.{number % 250}"
            await Guesser(api, address=address).guess()

        assert len(api.hasher.spent) == 100
        assert await alerts(api) == ["guessing_at_account"] * 3
        assert f"guessing_at_account: 20 failures, {user['id']}" in caplog.text

    async def test_rl_12_of_many_accounts_from_many_networks_is_told(self, api: Api) -> None:
        """RL-12: a few guesses each; nobody can be refused for that, but somebody should know."""
        for number in range(250):
            address = f"198.18.{number // 250}.{number % 250}"
            await Guesser(api, login=f"person{number}", address=address).guess()

        assert await alerts(api) == ["guessing_everywhere"]

    async def test_does_not_repeat_a_name_that_nobody_has(
        self, api: Api, caplog: pytest.LogCaptureFixture
    ) -> None:
        """LG-03: people type their passwords where the name should be."""
        typed = "correct horse battery"
        for number in range(25):
            await Guesser(api, login=typed, address=f"198.18.1.{number}").guess()

        assert await alerts(api) == ["guessing_at_account"]
        events = await api.container.audit_archive().page(AuditQuery(), after=None, limit=100)
        assert typed not in caplog.text
        assert typed not in str(events)

    async def test_is_told_again_if_it_goes_on(self, api: Api) -> None:
        for _ in range(3):
            for number in range(120):
                await Guesser(api, login=f"person{number}").guess()
            api.clock.advance(hours=1)

        assert await alerts(api) == ["guessing_from_network"] * 3

    async def test_is_not_what_people_do_who_mistype(self, api: Api) -> None:
        for minute in range(150):
            who = Guesser(api, login=f"person{minute}", address=f"198.18.0.{minute}")
            await who.guess()
            api.clock.advance(seconds=10)

        assert await alerts(api) == []


class TestModeReport:
    @pytest.fixture
    async def lenient(self) -> AsyncIterator[Api]:
        async with an_api(trusted_proxies=("127.0.0.1",), **every_rule("report")) as api:
            yield api

    async def test_refuses_nobody_and_tells_whom_it_would_have(
        self, lenient: Api, caplog: pytest.LogCaptureFixture
    ) -> None:
        await lenient.register("alice")

        assert {(await Guesser(lenient).guess()).status_code for _ in range(120)} == {401}
        assert set(await alerts(lenient)) >= {"would_have_refused"}
        assert "would_have_refused: 5 failures, account|" in caplog.text


class TestModeOff:
    async def test_counts_nothing(self) -> None:
        async with an_api(**every_rule("off")) as api:
            await api.register("alice")
            who = Guesser(api, address=None)
            assert {(await who.guess()).status_code for _ in range(150)} == {401}
            assert await alerts(api) == []
