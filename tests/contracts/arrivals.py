"""What `Arrivals` promises."""

import asyncio
from abc import ABC, abstractmethod
from datetime import timedelta

import pytest

from hexkey.application.ports.outbox import Arrivals
from hexkey.domain.outbox import Channel

A_WHILE = timedelta(seconds=20)  # never reached unless something is broken
MOMENT = timedelta(milliseconds=20)


async def hears(arrivals: Arrivals, channel: Channel) -> bool:
    """Whether something was noted since it heard last."""
    waiting = asyncio.create_task(arrivals.wait(channel, most=A_WHILE))
    heard, _ = await asyncio.wait({waiting}, timeout=MOMENT.total_seconds())
    waiting.cancel()
    return bool(heard)


class ArrivalsContract(ABC):
    """Subclass as `TestXxxArrivals` and provide the `arrivals` fixture."""

    @abstractmethod
    def arrivals(self) -> Arrivals: ...

    @pytest.mark.parametrize("channel", Channel)
    async def test_wakes_who_waits(self, arrivals: Arrivals, channel: Channel) -> None:
        waiting = asyncio.create_task(arrivals.wait(channel, most=A_WHILE))
        await asyncio.sleep(0)
        arrivals.note()

        await asyncio.wait_for(waiting, timeout=A_WHILE.total_seconds() / 2)

    async def test_remembers_for_each_channel_what_nobody_waited_for(
        self, arrivals: Arrivals
    ) -> None:
        arrivals.note()
        arrivals.note()

        assert [await hears(arrivals, channel) for channel in Channel] == [True, True]
        assert [await hears(arrivals, channel) for channel in Channel] == [False, False]

    async def test_returns_after_a_while_in_any_case(self, arrivals: Arrivals) -> None:
        await arrivals.wait(Channel.MAIL, most=MOMENT)
