"""What was no failure is taken back, by few statements, and before its owner tries again."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from hexkey.adapters.memory.failure_counters import MemoryFailureCounters
from hexkey.application.authentication.reliefs import Reliefs
from hexkey.application.authentication.turns import AT_ONCE, Turns
from hexkey.domain.authentication.throttle import Budget, Charge, Relief
from hexkey.domain.errors import TemporarilyUnavailable
from tests.support.doubles import START

pytestmark = pytest.mark.anyio

SECOND = timedelta(seconds=1)


class Slow(MemoryFailureCounters):
    """Takes back once it may; remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Sequence[Relief]] = []
        self.may = asyncio.Event()
        self.may.set()
        self.away = False

    async def relieve(self, reliefs: Sequence[Relief]) -> None:
        self.asked.append(reliefs)
        await self.may.wait()
        if self.away:
            raise TemporarilyUnavailable
        await super().relieve(reliefs)


@pytest.fixture
def counters() -> Slow:
    return Slow()


@pytest.fixture
def reliefs(counters: Slow) -> Reliefs:
    return Reliefs(counters=counters)


def one(key: str) -> list[Relief]:
    return [Relief(key=key, count=1, rest=SECOND)]


class TestReliefs:
    async def test_of_many_are_one_statement_and_none_is_lost(
        self, reliefs: Reliefs, counters: Slow
    ) -> None:
        turns, charge = Turns(), Charge(key="network", budget=Budget(free=1000))
        for number in range(20):
            await counters.charge([charge], now=START)
            turn = await turns.take(f"turn {number}")
            reliefs.soon(f"account {number}", one("network"), turn)
        await reliefs.all_settled()

        assert counters.asked == [[Relief(key="network", count=20, rest=20 * SECOND)]]
        found = await counters.find("network")
        assert found is not None
        assert found.count == 0

    async def test_are_stored_by_themselves_after_a_while(
        self, reliefs: Reliefs, counters: Slow
    ) -> None:
        turns = Turns()
        for _ in range(AT_ONCE):
            reliefs.soon("ann", one("ann"), await turns.take("ann"))

        async with asyncio.timeout(5):
            turn = await turns.take("ann")  # somebody has given theirs back
        assert len(counters.asked) == 1
        turn.give_back()

    async def test_of_an_account_are_stored_before_it_is_tried_again(
        self, reliefs: Reliefs, counters: Slow
    ) -> None:
        """Whoever was right and then mistypes at once has all the failures that are free."""
        turns = Turns()
        reliefs.soon("ann", one("ann"), await turns.take("ann"))

        await reliefs.settled("somebody else")
        assert counters.asked == []
        counters.may.clear()
        waiting = [asyncio.create_task(reliefs.settled("ann")) for _ in range(3)]
        await asyncio.sleep(0)
        assert not any(it.done() for it in waiting)
        counters.may.set()
        await asyncio.gather(*waiting)

        assert counters.asked == [one("ann")]

    async def test_of_one_batch_are_added_up_by_counter(
        self, reliefs: Reliefs, counters: Slow
    ) -> None:
        turns = Turns()
        for key in ("ann", "bob", "ann"):
            reliefs.soon(key, one(key), await turns.take(key))
        await reliefs.settled("bob")

        both = Relief(key="ann", count=2, rest=2 * SECOND)
        assert counters.asked == [[both, *one("bob")]]
        await reliefs.all_settled()
        assert len(counters.asked) == 1
        assert turns._queues == {}

    async def test_begin_anew_when_a_batch_is_closed(
        self, reliefs: Reliefs, counters: Slow
    ) -> None:
        turns = Turns()
        for _ in range(3):
            reliefs.soon("ann", one("ann"), await turns.take("ann"))
            await reliefs.settled("ann")

        assert counters.asked == [one("ann")] * 3

    async def test_that_cannot_be_stored_give_the_turn_back_all_the_same(
        self, reliefs: Reliefs, counters: Slow
    ) -> None:
        turns, counters.away = Turns(), True
        for _ in range(AT_ONCE + 1):
            async with asyncio.timeout(5):
                turn = await turns.take("ann")
            await reliefs.now("ann", one("ann"), turn)

    async def test_go_on_when_whoever_waits_for_them_is_canceled(
        self, reliefs: Reliefs, counters: Slow
    ) -> None:
        counters.may.clear()
        task = asyncio.create_task(reliefs.now("ann", one("ann"), await Turns().take("ann")))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        settling = asyncio.create_task(reliefs.all_settled())
        await asyncio.sleep(0)
        assert not settling.done()
        counters.may.set()
        await settling
