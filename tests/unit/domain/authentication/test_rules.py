"""Which counters an attempt is counted under, in every combination of modes."""

from datetime import timedelta
from itertools import product

import pytest

from hexkey.domain.authentication.rules import (
    MAX_IN_A_ROW,
    Attempted,
    Mode,
    Rule,
    ThrottlePolicy,
    account_of,
)
from hexkey.domain.authentication.throttle import MAX_DELAY, Budget, Failures, none_yet
from tests.support.builders import a_user
from tests.support.doubles import START

MODES = [dict(zip(Rule, modes, strict=True)) for modes in product(Mode, repeat=len(Rule))]
UNKNOWN = Attempted(account="ann.1", address="203.0.113.7")
KNOWN = Attempted(account="ann.1", address="203.0.113.7", device="a device")


def own(modes: dict[Rule, Mode], attempted: Attempted) -> Rule:
    """The rule that is for this account and whatever tries it."""
    known = attempted.device is not None and modes[Rule.DEVICE] is not Mode.OFF
    return Rule.DEVICE if known else Rule.ACCOUNT


def binding(modes: dict[Rule, Mode], attempted: Attempted) -> set[Rule]:
    """The rules that may refuse, as far as their modes let them."""
    mine = own(modes, attempted)
    return {mine} if mine is Rule.DEVICE else {mine, Rule.NETWORK, Rule.TOTAL}


@pytest.mark.parametrize("attempted", [UNKNOWN, KNOWN], ids=["unknown", "known"])
class TestCharges:
    def test_rl_03_are_of_every_rule_that_is_not_off(self, attempted: Attempted) -> None:
        """RL-03, RL-05: what a known device fails is counted with the rest all the same."""
        for modes in MODES:
            wanted = {own(modes, attempted), Rule.NETWORK, Rule.TOTAL}
            charges = ThrottlePolicy(modes=modes).charges(attempted)

            assert set(charges) == {it for it in wanted if modes[it] is not Mode.OFF}

    def test_rl_05_bind_by_what_is_enforced_and_a_known_device_by_its_own(
        self, attempted: Attempted
    ) -> None:
        """RL-05: what strangers did is no reason to refuse a known device."""
        for modes in MODES:
            charges = ThrottlePolicy(modes=modes).charges(attempted)
            bound = {rule for rule, charge in charges.items() if charge.binding}

            wanted = binding(modes, attempted)
            assert bound == {it for it in wanted if modes[it] is Mode.ENFORCE}

    def test_are_reported_where_they_would_bind(self, attempted: Attempted) -> None:
        for modes in MODES:
            policy = ThrottlePolicy(modes=modes)
            reported = {rule for rule in Rule if policy.only_reports(rule, attempted)}

            wanted = binding(modes, attempted)
            assert reported == {it for it in wanted if modes[it] is Mode.REPORT}

    def test_name_no_account(self, attempted: Attempted) -> None:
        for rule, charge in ThrottlePolicy().charges(attempted).items():
            assert "ann" not in charge.key
            assert ("ann.1" in attempted.told(rule)) == (rule is not Rule.NETWORK)


class TestAHundredInARow:
    @pytest.mark.parametrize(("attempted", "rule"), [(UNKNOWN, Rule.TOTAL), (KNOWN, Rule.DEVICE)])
    def test_rl_01_end_it_however_patient_somebody_is(
        self, attempted: Attempted, rule: Rule
    ) -> None:
        """RL-01: for a device as for all the others, and for as long as it is remembered."""
        budget = ThrottlePolicy().charges(attempted)[rule].budget
        now, looked_at, counted = START, 0, none_yet(now=START)
        while looked_at < 2 * MAX_IN_A_ROW:
            wait = counted.wait(budget, now=now)
            if wait:
                now += wait
                wait = counted.wait(budget, now=now)
            if wait:
                break
            counted, looked_at = counted.with_another(budget, now=now), looked_at + 1

        assert looked_at == MAX_IN_A_ROW
        assert counted.wait(budget, now=now + timedelta(days=29)) == MAX_DELAY
        assert budget.kept_until(now=now) - now >= timedelta(days=30)

    def test_rl_01_are_not_reached_by_delays_alone(self) -> None:
        """An account and a network may go on, ever more slowly: a hundred end elsewhere."""
        budget = ThrottlePolicy().charges(UNKNOWN)[Rule.ACCOUNT].budget
        counted = Failures(10 * MAX_IN_A_ROW, START)

        assert not counted.wait(budget, now=START)


class TestBudgets:
    """RL-01, RL-05: what each counter stands, to the last failure."""

    @pytest.mark.parametrize(("failures", "pace"), [(100, 36_000), (7, 514_285), (1, 3_600_000)])
    def test_rl_01_are_what_operators_were_told(self, failures: int, pace: int) -> None:
        step, month = timedelta(milliseconds=pace), timedelta(days=30)
        policy = ThrottlePolicy(network_failures=failures)
        budgets = {
            rule: charge.budget
            for attempted in (UNKNOWN, KNOWN)
            for rule, charge in policy.charges(attempted).items()
        }

        assert budgets == {
            Rule.DEVICE: Budget(free=4, most=100, kept=month),
            Rule.ACCOUNT: Budget(free=4),
            Rule.NETWORK: Budget(first=step, longest=step, ahead=step * (failures - 1)),
            Rule.TOTAL: Budget(free=100, most=100, kept=month),
        }

    def test_rl_05_of_a_network_are_a_hundred_an_hour_by_default(self) -> None:
        assert ThrottlePolicy() == ThrottlePolicy(modes={}, network_failures=100)


class TestAttempted:
    def test_rl_09_share_a_counter_by_what_the_rule_is_about(self) -> None:
        tries = [
            Attempted(account=account, address=address, device=device)
            for account, address, device in product("ab", ("192.0.2.1", "192.0.2.2"), "xy")
        ]

        for rule, distinct in zip(Rule, (4, 4, 2, 2), strict=True):
            assert len({it.key(rule) for it in tries}) == distinct
            assert len({it.told(rule) for it in tries}) == distinct

    def test_wait_for_one_another_by_device_or_else_by_network(self) -> None:
        assert KNOWN.turn == "ann.1|a device"
        assert UNKNOWN.turn == "ann.1|203.0.113.7"

    def test_begin_anew_with_a_new_password(self) -> None:
        user = a_user()

        assert account_of(user) != account_of(user.without_password(now=START))
        assert account_of(user) == account_of(user.restored(now=START))
