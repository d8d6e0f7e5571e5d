"""What `FailureCounters` promises."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import pytest

from hexkey.application.ports.authentication import FailureCounters
from hexkey.domain.authentication.throttle import (
    MAX_COUNTER_KEY_LENGTH,
    MAX_DELAY,
    Budget,
    Charge,
    Failures,
    Relief,
    none_yet,
)
from tests.support.doubles import START

SECOND = timedelta(seconds=1)
NOTHING = timedelta(0)
STRICT = Budget(free=2)
PACED = Budget(first=SECOND, longest=SECOND, ahead=3 * SECOND)
ENDING = Budget(free=4, most=4)
BUDGETS = {"delays": STRICT, "pace": PACED, "end": ENDING}
# Instants at which somebody tries, in milliseconds: close together, apart, and once backwards.
TRIES = [0, 0, 1, 1, 999, 1000, 1001, 1001, 3000, 3000, 3001, 9000, 9000, 9000, 9000, 60_000, 100]


class FailureCountersContract(ABC):
    """Subclass as `TestXxxFailureCounters` and provide the `failures` fixture."""

    @abstractmethod
    def failures(self) -> FailureCounters: ...

    async def test_nothing_was_counted_at_first(self, failures: FailureCounters) -> None:
        assert await failures.find("ann|203.0.113.1") is None

    async def test_counts_one_by_one(self, failures: FailureCounters) -> None:
        for count in (1, 2):
            (standing,) = await failures.charge([Charge(key="ann", budget=STRICT)], now=START)

            assert (standing.failures, standing.wait, standing.charged) == (
                Failures(count, START),
                NOTHING,
                True,
            )
            assert await failures.find("ann") == Failures(count, START)

    @pytest.mark.parametrize("budget", BUDGETS.values(), ids=BUDGETS)
    @pytest.mark.parametrize("binding", [True, False])
    async def test_reckons_as_the_domain_does(
        self, failures: FailureCounters, budget: Budget, binding: bool
    ) -> None:
        charge = Charge(key="ann", budget=budget, binding=binding)
        expected = none_yet(now=START)
        for milliseconds in TRIES:
            now = START + timedelta(milliseconds=milliseconds)
            wait = expected.wait(budget, now=now)
            expected = expected if wait else expected.with_another(budget, now=now)

            (standing,) = await failures.charge([charge], now=now)

            assert (standing.wait, standing.charged) == (wait, not wait)
            assert standing.failures == expected == await failures.find("ann")

    async def test_rests_twice_as_long_each_time_and_never_longer_than_allowed(
        self, failures: FailureCounters
    ) -> None:
        budget, now, waits = Budget(free=0), START, []
        for _ in range(14):
            await failures.charge([Charge(key="ann", budget=budget)], now=now)
            (standing,) = await failures.charge([Charge(key="ann", budget=budget)], now=now)
            waits.append(standing.wait)
            now += standing.wait

        assert waits[0] == SECOND
        assert all(later in (2 * earlier, MAX_DELAY) for earlier, later in pairwise(waits))
        assert waits[-1] == MAX_DELAY

    async def test_counts_nothing_anywhere_while_a_binding_counter_rests(
        self, failures: FailureCounters
    ) -> None:
        await self._use_up(failures, "ann")
        others = [Charge(key=key, budget=STRICT) for key in ("a", "z")]

        first, ann, last = await failures.charge([others[0], _resting(), others[1]], now=START)

        assert ann.wait == SECOND
        assert [it.charged for it in (first, ann, last)] == [False] * 3
        found = [await failures.find(key) or none_yet(now=START) for key in ("a", "z")]
        assert found == [none_yet(now=START)] * 2
        assert await failures.find("ann") == Failures(3, START + SECOND)

    async def test_counts_elsewhere_while_one_that_is_not_binding_rests(
        self, failures: FailureCounters
    ) -> None:
        await self._use_up(failures, "ann")
        other = Charge(key="net", budget=STRICT)

        net, ann = await failures.charge([other, _resting(binding=False)], now=START)

        assert (net.charged, ann.charged, ann.wait) == (True, False, SECOND)
        assert await failures.find("ann") == Failures(3, START + SECOND)

    async def test_counts_every_key_for_itself(self, failures: FailureCounters) -> None:
        keys = ["ann|2001:db8::/64", "Ann|2001:db8::/64", "k" * MAX_COUNTER_KEY_LENGTH]

        await failures.charge([Charge(key=key, budget=STRICT) for key in keys], now=START)
        await failures.charge([Charge(key=keys[0], budget=STRICT)], now=START)

        found = [await failures.find(key) for key in keys]
        assert [it.count for it in found if it is not None] == [2, 1, 1]

    async def test_takes_back_what_it_is_told_to_and_nothing_else(
        self, failures: FailureCounters
    ) -> None:
        await self._use_up(failures, "ann")
        await self._use_up(failures, "bob")

        await failures.relieve([Relief(key="ann", count=1, rest=SECOND)])

        assert await failures.find("ann") == Failures(2, START)
        assert await failures.find("bob") == Failures(3, START + SECOND)

    async def test_takes_back_no_more_than_there_is(self, failures: FailureCounters) -> None:
        await failures.charge([Charge(key="ann", budget=STRICT)], now=START)

        await failures.relieve(
            [Relief(key=key, count=9, rest=NOTHING) for key in ("nobody", "ann")]
        )

        assert await failures.find("ann") == Failures(0, START)
        assert await failures.find("nobody") is None

    @pytest.mark.parametrize("budget", BUDGETS.values(), ids=BUDGETS)
    async def test_ra_03_reaches_the_limit_exactly_when_many_come_at_once(
        self, failures: FailureCounters, budget: Budget
    ) -> None:
        """RA-03, P75: a hundred at one instant get what a hundred one by one would."""
        charge = Charge(key="ann", budget=budget)
        allowed, expected = 0, none_yet(now=START)
        while not expected.wait(budget, now=START):
            allowed, expected = allowed + 1, expected.with_another(budget, now=START)

        standings = await asyncio.gather(
            *(failures.charge([charge], now=START) for _ in range(100))
        )

        assert sum(standing.charged for (standing,) in standings) == allowed
        assert await failures.find("ann") == expected

    async def test_ra_03_counts_an_attempt_under_all_keys_or_none_when_many_come_at_once(
        self, failures: FailureCounters
    ) -> None:
        """RA-03: what is refused by one counter has used up nothing of another."""
        wide = Budget(free=1000)

        async def attempt(number: int) -> bool:
            charges = [
                Charge(key="network", budget=wide),
                Charge(key="account", budget=ENDING),
                Charge(key=f"own {number}", budget=wide),
            ]
            order: Sequence[Charge] = charges if number % 2 else charges[::-1]
            standings = await failures.charge(order, now=START)
            return all(it.charged for it in standings)

        admitted = await asyncio.gather(*(attempt(number) for number in range(60)))

        assert sum(admitted) == 4
        account, network = await failures.find("account"), await failures.find("network")
        assert account is not None
        assert network is not None
        assert (account.count, network.count) == (4, 4)

    async def test_loses_nothing_when_some_are_taken_back_meanwhile(
        self, failures: FailureCounters
    ) -> None:
        wide = Budget(free=1000)

        async def attempt(number: int) -> None:
            charges = [Charge(key=key, budget=wide) for key in ("b", "a")]
            await failures.charge(charges, now=START)
            if number % 2:
                reliefs = [Relief(key=key, count=1, rest=NOTHING) for key in ("a", "b")]
                await failures.relieve(reliefs)

        await asyncio.gather(*(attempt(number) for number in range(40)))

        found = [await failures.find(key) for key in ("a", "b")]
        assert [it.count for it in found if it is not None] == [20, 20]

    async def test_ra_03_lets_nobody_wait_in_a_circle(self, failures: FailureCounters) -> None:
        """Counters are named in any order; two attempts that hold one each would both fail."""
        wide, keys = Budget(free=1000), [f"key {number}" for number in range(12)]

        async def attempt(number: int) -> None:
            order = keys if number % 2 else keys[::-1]
            for _ in range(8):
                await failures.charge([Charge(key=key, budget=wide) for key in order], now=START)
                await failures.relieve([Relief(key=key, count=1, rest=NOTHING) for key in order])

        await asyncio.gather(*(attempt(number) for number in range(30)))

        found = [await failures.find(key) for key in keys]
        assert [it.count for it in found if it is not None] == [0] * len(keys)

    async def _use_up(self, failures: FailureCounters, key: str) -> None:
        for _ in range(3):
            await failures.charge([Charge(key=key, budget=STRICT)], now=START)


def _resting(*, binding: bool = True) -> Charge:
    return Charge(key="ann", budget=STRICT, binding=binding)
