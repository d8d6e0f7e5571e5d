"""The request that is being served, as the audit trail sees it."""

import asyncio

from hexkey.application.audit.context import (
    MOST_CHECKS,
    RequestContext,
    checked,
    current_request,
    serving,
)
from hexkey.domain.audit.event import SYSTEM


class TestChecks:
    def test_are_the_last_ones_of_a_request_that_asks_too_many(self) -> None:
        with serving(RequestContext()) as context:
            for number in range(MOST_CHECKS + 5):
                assert checked(f"rule {number}", passed=True, limit=5)

        assert len(context.checks) == MOST_CHECKS
        assert context.checks[-1].name == f"rule {MOST_CHECKS + 4}"
        assert context.checks[-1].facts == {"limit": "5"}

    def test_outside_of_a_request_are_only_answered(self) -> None:
        assert checked("rule", passed=True)
        assert not checked("rule", passed=False)
        assert current_request().checks == []


class TestServing:
    def test_what_nobody_asked_for_is_done_by_the_system(self) -> None:
        assert current_request().actor == SYSTEM

    async def _two(self) -> list[str]:
        async def one(name: str) -> str:
            with serving(RequestContext(actor=name)):
                await asyncio.sleep(0)
                return current_request().actor

        return list(await asyncio.gather(one("a"), one("b")))

    def test_is_not_mixed_up_with_another_at_the_same_time(self) -> None:
        assert asyncio.run(self._two()) == ["a", "b"]
