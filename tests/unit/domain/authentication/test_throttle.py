"""RL-01, RF-16: what a counter stands, and for how long it rests."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexkey.domain.authentication.throttle import (
    MAX_DELAY,
    Budget,
    Charge,
    Failures,
    none_yet,
    standings_of,
)
from tests.support.doubles import START
from tests.support.strategies import failures, instants, steps

SECOND = timedelta(seconds=1)
NOTHING = timedelta(0)
FOUR_FREE = Budget(free=4)
THREE_AT_ONCE = Budget(first=SECOND, longest=SECOND, ahead=2 * SECOND)
ENDING = Budget(free=3, most=3)

budgets = st.builds(
    Budget,
    free=st.integers(0, 200),
    first=st.integers(1, 100_000).map(lambda ms: timedelta(milliseconds=ms)),
    longest=st.integers(100_000, 900_000).map(lambda ms: timedelta(milliseconds=ms)),
)


class TestBudget:
    def test_rl_01_rests_from_the_fifth_1_2_4_up_to_900_seconds(self) -> None:
        rests = [FOUR_FREE.rest_after(count) // SECOND for count in range(1, 18)]

        assert rests == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]

    @given(budgets, st.integers(0, 10**9), st.integers(0, 10**9))
    def test_rests_the_longer_the_more_there_are_within_its_bounds(
        self, budget: Budget, one: int, more: int
    ) -> None:
        few, many = sorted((one, more))

        assert NOTHING <= budget.rest_after(few) <= budget.rest_after(many) <= budget.longest

    @given(budgets, instants)
    def test_is_kept_for_as_long_as_it_says_and_an_hour_at_most(
        self, budget: Budget, now: object
    ) -> None:
        assert budget.kept < budget.kept_until(now=START) - START <= budget.kept + 3600 * SECOND


class TestFailures:
    @given(budgets, failures, steps)
    def test_rest_until_exactly_the_end(
        self, budget: Budget, counted: Failures, step: timedelta
    ) -> None:
        end = counted.rests_until
        assert not counted.wait(budget, now=end)
        assert not counted.wait(budget, now=end + abs(step))

        if budget.rest_after(counted.count):
            tick = timedelta(milliseconds=1)
            assert counted.wait(budget, now=end - tick) == tick

    @given(budgets, failures, steps)
    def test_ask_nobody_to_wait_longer_than_twice_the_delay(
        self, budget: Budget, counted: Failures, step: timedelta
    ) -> None:
        """RF-16: whatever somebody does to the clock."""
        now = counted.rests_until + step
        wait = counted.wait(budget, now=now)

        assert NOTHING <= wait <= 2 * budget.rest_after(counted.count) <= 2 * MAX_DELAY
        assert not counted.wait(budget, now=now + wait)

    @given(st.integers(0, 4), steps)
    def test_are_free_at_first_even_if_another_clock_is_ahead(
        self, count: int, step: timedelta
    ) -> None:
        assert not Failures(count, START).wait(FOUR_FREE, now=START + step)

    def test_still_rest_when_another_clock_is_a_little_ahead(self) -> None:
        counted = Failures(9, START + 16 * SECOND)

        assert counted.wait(FOUR_FREE, now=START - SECOND) == 17 * SECOND

    def test_rl_01_end_for_good_where_there_is_an_end(self) -> None:
        counted = none_yet(now=START)
        for _ in range(3):
            assert not counted.wait(ENDING, now=START)
            counted = counted.with_another(ENDING, now=START)

        for days in (0, 1, 1000, -1000):
            assert counted.wait(ENDING, now=START + timedelta(days=days)) == MAX_DELAY

    def test_come_at_a_pace_where_there_is_one(self) -> None:
        counted, admitted = none_yet(now=START), []
        for milliseconds in range(0, 10_000, 100):
            now = START + timedelta(milliseconds=milliseconds)
            if not counted.wait(THREE_AT_ONCE, now=now):
                counted = counted.with_another(THREE_AT_ONCE, now=now)
                admitted.append(milliseconds)

        assert admitted == [0, 100, 200, *range(1000, 10_000, 1000)]

    @given(failures, st.integers(0, 100))
    def test_are_never_fewer_than_none(self, counted: Failures, count: int) -> None:
        assert counted.without(count, rest=NOTHING).count == max(0, counted.count - count)


class TestStandings:
    @pytest.mark.parametrize("binding", [True, False])
    def test_charge_nothing_if_one_is_refused(self, binding: bool) -> None:
        over = Charge(key="over", budget=ENDING, binding=binding)
        other = Charge(key="other", budget=FOUR_FREE)

        standings = standings_of([other, over], {"over": Failures(3, START)}, now=START)

        assert [it.charged for it in standings] == [not binding, False]
