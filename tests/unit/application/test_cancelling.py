"""RF-12: what is to end does, also if a cancellation is lost."""

import asyncio
from datetime import timedelta

import pytest

from hexkey.application.cancelling import ended

pytestmark = pytest.mark.anyio

A_MOMENT, A_WHILE = timedelta(milliseconds=10), timedelta(seconds=10)


class Deaf:
    """Does not hear the first cancellations, as if they were a time-out of its own."""

    def __init__(self, times: int, failure: Exception | None = None) -> None:
        self.times = times
        self.failure = failure
        self.has_begun = asyncio.Event()

    async def __call__(self) -> None:
        self.has_begun.set()
        for _ in range(self.times):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                continue
        if self.failure is not None:
            raise self.failure
        await asyncio.Event().wait()


async def begun(work: Deaf) -> "asyncio.Task[None]":
    task = asyncio.create_task(work())
    async with asyncio.timeout(A_WHILE.total_seconds()):
        await work.has_begun.wait()
    return task


class TestEnded:
    async def test_rf_12_is_what_hears_the_first_time(self) -> None:
        tasks = [await begun(Deaf(0)) for _ in range(2)]

        async with asyncio.timeout(A_WHILE.total_seconds() / 2):
            await ended(tasks, again=A_WHILE)

        assert all(task.cancelled() for task in tasks)

    async def test_rf_12_is_what_hears_the_third_time(self) -> None:
        tasks = [await begun(Deaf(times)) for times in (2, 0)]

        async with asyncio.timeout(A_WHILE.total_seconds()):
            await ended(tasks, again=A_MOMENT)

        assert all(task.cancelled() for task in tasks)

    async def test_rf_12_is_what_has_not_begun_what_is_over_and_what_fails(self) -> None:
        over = await begun(Deaf(1, ValueError("once")))
        over.cancel()
        await asyncio.wait([over])
        tasks = [over, await begun(Deaf(1, ValueError("twice"))), asyncio.create_task(Deaf(0)())]

        async with asyncio.timeout(A_WHILE.total_seconds()):
            await ended(tasks, again=A_MOMENT)

        assert [task.cancelled() for task in tasks] == [False, False, True]

    async def test_is_nothing_at_once(self) -> None:
        await ended([], again=A_WHILE)
