"""RL-01, RF-16: what a counter stands, and for how long it rests."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexkey.domain.authentication.throttle import (
    MAX_DELAY,
    Budget,
    Charge,
    Failures,
    Relief,
    TooManyAttempts,
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

    def test_is_kept_until_a_whole_hour(self) -> None:
        now = datetime(2026, 1, 1, 12, 34, 56, 789, tzinfo=UTC)

        assert FOUR_FREE.kept_until(now=now) == datetime(2026, 1, 2, 13, tzinfo=UTC)

    def test_rl_01_never_rests_for_longer_than_it_can_count(self) -> None:
        """RL-01: whoever fails on and on must not overflow what a delay is kept in."""
        patient = Budget(first=timedelta(microseconds=1), longest=timedelta(days=9999))

        assert patient.rest_after(10**9) == timedelta(microseconds=1 << 32)
        assert patient.rest_after(32) == timedelta(microseconds=1 << 31)

    def test_stands_by_default_what_an_account_stands(self) -> None:
        assert Budget() == Budget(
            free=0,
            first=SECOND,
            longest=900 * SECOND,
            ahead=NOTHING,
            most=0,
            kept=timedelta(days=1),
        )


class TestWhatIsFree:
    @pytest.mark.parametrize("budget", [FOUR_FREE, THREE_AT_ONCE, Budget()])
    def test_lg_01_is_told_as_it_is_counted(self, budget: Budget) -> None:
        """LG-01: that many at once, and the next attempt is looked at; after that one it is not."""
        counted = Failures(0, START)
        for _ in range(budget.unhindered):
            counted = counted.with_another(budget, now=START)
        assert not counted.wait(budget, now=START)

        assert counted.with_another(budget, now=START).wait(budget, now=START)


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

    @pytest.mark.parametrize(
        ("early", "wait"), [(32_000, 0), (31_999, 31_999), (32_001, 0), (0, 0), (1, 1)]
    )
    def test_rf_16_believe_no_rest_of_twice_its_length(self, early: int, wait: int) -> None:
        """RF-16: a rest of 16 seconds, so many milliseconds before it is over."""
        tick = timedelta(milliseconds=1)
        counted = Failures(9, START)

        assert counted.wait(FOUR_FREE, now=START - early * tick) == wait * tick

    @pytest.mark.parametrize(
        ("debt", "added"),
        [(-1, 1000), (0, 1000), (1, 1001), (1999, 2999), (2000, 3000), (2001, 1000)],
    )
    def test_add_their_rest_to_what_is_left_of_the_one_before(self, debt: int, added: int) -> None:
        """Unless that lies further ahead than rests may add up to: then a clock was set back."""
        tick = timedelta(milliseconds=1)
        counted = Failures(7, START + debt * tick)

        assert counted.with_another(THREE_AT_ONCE, now=START) == Failures(8, START + added * tick)

    @pytest.mark.parametrize(("most", "counted", "ended"), [(0, 9, 0), (3, 2, 0), (3, 3, 1)])
    def test_rl_01_end_at_the_last_one_itself(self, most: int, counted: int, ended: int) -> None:
        budget = Budget(free=1000, most=most)

        assert Failures(counted, START).wait(budget, now=START) == ended * MAX_DELAY

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

    @given(failures, steps)
    def test_are_taken_back_with_their_rest(self, counted: Failures, rest: timedelta) -> None:
        assert counted.without(0, rest=rest) == Failures(counted.count, counted.rests_until - rest)

    def test_are_none_at_the_beginning_and_rest_for_nothing(self) -> None:
        assert none_yet(now=START) == Failures(0, START)


class TestRelief:
    def test_of_two_attempts_is_that_of_both(self) -> None:
        one = Relief(key="ann", count=2, rest=SECOND)

        both = one.and_also(Relief(key="ann", count=3, rest=4 * SECOND))

        assert both == Relief(key="ann", count=5, rest=5 * SECOND)


class TestStandings:
    @pytest.mark.parametrize("binding", [True, False])
    def test_charge_nothing_if_one_is_refused(self, binding: bool) -> None:
        over = Charge(key="over", budget=ENDING, binding=binding)
        other = Charge(key="other", budget=FOUR_FREE)

        standings = standings_of([other, over], {"over": Failures(3, START)}, now=START)

        assert [it.charged for it in standings] == [not binding, False]

    @pytest.mark.parametrize(
        ("resting", "binding"),
        list(product(product([True, False], repeat=2), repeat=2)),
    )
    def test_rl_01_charge_every_counter_or_none(
        self, resting: tuple[bool, bool], binding: tuple[bool, bool]
    ) -> None:
        """RL-01: a binding one that rests stops all; one that does not bind, only itself."""
        charges = [
            Charge(key=str(number), budget=FOUR_FREE, binding=binds)
            for number, binds in enumerate(binding)
        ]
        before = [Failures(9, START + 5 * SECOND * rests) for rests in resting]
        stored = {str(number): counted for number, counted in enumerate(before)}

        standings = standings_of(charges, stored, now=START)

        refused = any(rests and binds for rests, binds in zip(resting, binding, strict=True))
        for rests, counted, standing in zip(resting, before, standings, strict=True):
            charged = not refused and not rests
            after = counted.with_another(FOUR_FREE, now=START) if charged else counted
            assert standing.charged == charged
            assert standing.wait == 5 * SECOND * rests
            assert standing.failures == after

    def test_bind_unless_it_is_said_that_they_do_not(self) -> None:
        assert Charge(key="ann", budget=FOUR_FREE).binding

    def test_of_what_nobody_counted_begin_with_one(self) -> None:
        (standing,) = standings_of([Charge(key="ann", budget=ENDING)], {}, now=START)

        assert (standing.failures, standing.wait) == (Failures(1, START), NOTHING)


class TestTooManyAttempts:
    def test_say_how_long_to_wait(self) -> None:
        assert TooManyAttempts(retry_after=SECOND).retry_after == SECOND
