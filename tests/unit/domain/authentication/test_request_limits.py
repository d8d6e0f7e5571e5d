"""How many requests fit into a minute, and what a client is told of it."""

from datetime import datetime, timedelta

import pytest

from hexkey.domain.authentication.request_limits import (
    WINDOW,
    Allowance,
    RequestKind,
    RequestPolicy,
)
from hexkey.domain.authentication.throttle import Failures, Standing, standings_of
from tests.support.doubles import START

KIND, ADDRESS = RequestKind.SIGN_IN, "203.0.113.7"
NOTHING, TICK = timedelta(0), timedelta(milliseconds=1)
LIMITS = [1, 2, 3, 7, 60, 90]


def pace_of(limit: int) -> timedelta:
    """The time of one request, in whole milliseconds."""
    return 60_000 // limit * TICK


class Network:
    """Asks, and is told what is left to it."""

    def __init__(self, limit: int) -> None:
        self.policy = RequestPolicy({KIND: limit})
        self.counted: dict[str, Failures] = {}

    def asks(self, now: datetime) -> Allowance:
        charge = self.policy.charge(KIND, ADDRESS)
        assert charge is not None
        (standing,) = standings_of([charge], self.counted, now=now)
        self.counted[charge.key] = standing.failures
        debt = max(standing.failures.rests_until - now, NOTHING)
        return self.policy.allowance(KIND, standing, debt=debt)


class TestRequestPolicy:
    @pytest.mark.parametrize("limit", LIMITS)
    def test_lets_as_many_through_at_once_as_a_minute_has(self, limit: int) -> None:
        """And says each time how many are left, and until when that is made good."""
        network, pace = Network(limit), pace_of(limit)
        for asked in range(1, limit + 1):
            allowance = network.asks(START)
            assert allowance == Allowance(
                kind=KIND, limit=limit, remaining=limit - asked, reset=asked * pace, wait=NOTHING
            )

        for _ in range(2):  # to be refused costs nothing
            assert network.asks(START) == Allowance(
                kind=KIND, limit=limit, remaining=0, reset=limit * pace, wait=pace
            )

    @pytest.mark.parametrize("limit", LIMITS)
    def test_goes_on_at_its_pace(self, limit: int) -> None:
        network, now = Network(limit), START
        for _ in range(limit):
            network.asks(now)
        for _ in range(3):
            now += pace_of(limit)
            assert network.asks(now - TICK).wait == TICK
            assert not network.asks(now).wait
            assert network.asks(now).wait == pace_of(limit)

    def test_is_whole_again_after_the_reset(self) -> None:
        network = Network(4)
        network.asks(START)

        assert network.asks(START + network.asks(START).reset).remaining == 3

    @pytest.mark.parametrize("limits", [{}, {KIND: 0}, {RequestKind.ADMIN: 5}])
    def test_counts_nothing_that_has_no_bound(self, limits: dict[RequestKind, int]) -> None:
        assert RequestPolicy(limits).charge(KIND, ADDRESS) is None

    def test_counts_each_kind_and_each_network_for_itself(self) -> None:
        policy = RequestPolicy(dict.fromkeys(RequestKind, 5))
        charges = [
            policy.charge(kind, address)
            for kind in RequestKind
            for address in (ADDRESS, "203.0.113.8", None)
        ]

        assert len({it.key for it in charges if it}) == 3 * len(RequestKind)

    def test_is_remembered_for_two_minutes_and_never_an_hour_more(self) -> None:
        charge = RequestPolicy({KIND: 5}).charge(KIND, ADDRESS)

        assert charge is not None
        assert charge.binding
        assert charge.budget.kept == 2 * WINDOW == timedelta(minutes=2)

    def test_says_nothing_is_left_to_whoever_waits(self) -> None:
        policy = RequestPolicy({KIND: 5})
        standing = Standing(failures=Failures(9, START), wait=TICK, charged=False)

        assert policy.allowance(KIND, standing, debt=NOTHING).remaining == 0
        assert policy.allowance(KIND, standing, debt=10 * WINDOW).remaining == 0
