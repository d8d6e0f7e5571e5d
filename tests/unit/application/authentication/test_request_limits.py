"""A limit bounds work and not guesses, so it gives way when there is nowhere to count."""

from datetime import timedelta

import pytest

from hexkey.adapters.memory.failure_counters import MemoryFailureCounters
from hexkey.application.authentication.request_limits import LimitRequests
from hexkey.domain.authentication.request_limits import Allowance, RequestKind, RequestPolicy
from tests.support.doubles import FrozenClock
from tests.support.faults import FaultyFailureCounters

pytestmark = pytest.mark.anyio

POLICY = RequestPolicy({RequestKind.REFRESH: 1})


class TestLimitRequests:
    async def test_lets_through_what_cannot_be_counted(self) -> None:
        counters = FaultyFailureCounters()
        limit = LimitRequests(counters=counters, policy=POLICY, clock=FrozenClock())
        for wait in (0, 60):
            allowance = await limit(RequestKind.REFRESH, address="203.0.113.7")
            assert allowance is not None
            assert allowance.wait == timedelta(seconds=wait)

        counters.writable = False
        assert await limit(RequestKind.REFRESH, address="203.0.113.7") is None

    async def test_says_until_when_everything_is_made_good(self) -> None:
        """And never that it was before now."""
        clock = FrozenClock()
        policy = RequestPolicy({RequestKind.REFRESH: 2})
        limit = LimitRequests(counters=MemoryFailureCounters(), policy=policy, clock=clock)

        for seconds, remaining, reset, wait in ((0, 1, 30, 0), (0, 0, 60, 0), (1, 0, 59, 29)):
            clock.advance(seconds=seconds)
            assert await limit(RequestKind.REFRESH, address=None) == Allowance(
                kind=RequestKind.REFRESH,
                limit=2,
                remaining=remaining,
                reset=timedelta(seconds=reset),
                wait=timedelta(seconds=wait),
            )

    async def test_counts_nothing_where_there_is_no_bound(self) -> None:
        limit = LimitRequests(counters=MemoryFailureCounters(), policy=POLICY, clock=FrozenClock())

        assert await limit(RequestKind.OTHER, address="203.0.113.7") is None

    async def test_takes_no_more_memory_than_it_may(self) -> None:
        """Whoever owns a network of networks must not fill the memory with counters."""
        counters, clock = MemoryFailureCounters(most=3), FrozenClock()
        limit = LimitRequests(counters=counters, policy=POLICY, clock=clock)
        for number in range(9):
            await limit(RequestKind.REFRESH, address=f"2001:db8:0:{number}::1")

        assert counters.forget(before=clock.now() + timedelta(days=1), limit=99) == 3
