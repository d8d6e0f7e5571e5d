"""What the probe says about the outbox."""

from typing import Any

import pytest
from dependency_injector import providers

from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.entrypoints.container import Container
from tests.support.api import Api, an_api

pytestmark = pytest.mark.anyio


async def line(api: Api) -> str:
    """That of the outbox, of a node that is ready all the same."""
    answer = await api.call("GET", "/readyz")
    assert answer.status_code == 200
    (found,) = [it for it in answer.text.splitlines() if it.startswith("outbox: ")]
    return found


class TestOutbox:
    async def test_rf_14_shows_how_long_mail_has_waited_and_takes_no_node_out(self) -> None:
        """RF-14: another node would find the same mail server."""
        async with an_api() as api:
            assert await line(api) == "outbox: ok"

            await api.register(email="alice@example.com")
            api.clock.advance(minutes=7)
            assert await line(api) == "outbox: ok (oldest 420 s)"

            api.clock.advance(hours=-1)
            assert await line(api) in ("outbox: ok", "outbox: ok (oldest 0 s)")
            api.clock.advance(hours=1)
            await api.delivered()
            assert await line(api) == "outbox: ok"

    async def test_does_not_know_while_the_store_is_away(self) -> None:
        async def away() -> None:
            raise TemporarilyUnavailable

        async with an_api() as api:
            container: Container = api.container
            container.read_outbox_state.override(providers.Object(away))

            assert await line(api) == "outbox: unknown"


class TestCounters:
    @pytest.mark.parametrize(
        ("settings", "told"),
        [
            ({}, "counters: ok"),
            (
                {"redis_url": "unix:///nonexistent/redis"},
                "counters: redis_away (the database counts failures, each process its requests)",
            ),
        ],
        ids=["in the database", "Redis away"],
    )
    async def test_rf_15_are_told_of_and_take_no_node_out(
        self, settings: dict[str, Any], told: str
    ) -> None:
        """RF-15: another node would find the same Redis."""
        async with an_api(**settings) as api:
            answer = await api.call("GET", "/readyz")

        assert answer.status_code == 200
        assert told in answer.text.splitlines()
