"""Attempts of one kind stand in line, and the line has an end."""

import asyncio

import pytest

from hexkey.application.authentication.turns import AT_ONCE, MOST_IN_LINE, Turns
from hexkey.domain.accounts.password import HashingOverloaded

pytestmark = pytest.mark.anyio


class TestTurns:
    async def test_pw_11_are_refused_when_the_line_is_long(self) -> None:
        """PW-11: the last ones would only give up; others stand in other lines."""
        turns = Turns()
        having = [await turns.take("ann") for _ in range(AT_ONCE)]
        waiting = [asyncio.create_task(turns.take("ann")) for _ in range(MOST_IN_LINE)]
        await asyncio.sleep(0)

        with pytest.raises(HashingOverloaded):
            await turns.take("ann")
        (await turns.take("bob")).give_back()

        having.pop().give_back()
        having.append(await waiting.pop(0))
        waiting.append(asyncio.create_task(turns.take("ann")))
        while waiting:
            having.pop().give_back()
            having.append(await waiting.pop(0))

    async def test_rl_01_are_four_at_once(self) -> None:
        """RL-01: no more than the failures that are free; nothing is remembered of any."""
        turns = Turns()
        having = [await turns.take("ann") for _ in range(4)]
        fifth = asyncio.create_task(turns.take("ann"))
        await asyncio.sleep(0)
        assert not fifth.done()

        having.pop().give_back()
        having.append(await fifth)
        for turn in having:
            turn.give_back()

        assert turns._queues == {}

    async def test_are_free_again_when_whoever_waits_gives_up(self) -> None:
        turns = Turns()
        having = [await turns.take("ann") for _ in range(AT_ONCE)]
        waiting = [asyncio.create_task(turns.take("ann")) for _ in range(MOST_IN_LINE)]
        await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        for turn in having:
            turn.give_back()

        for _ in range(AT_ONCE):
            async with asyncio.timeout(5):
                await turns.take("ann")
