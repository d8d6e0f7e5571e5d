"""Waking the worker of the same process."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from hexkey.application.ports.outbox import Arrivals
from hexkey.domain.outbox import Channel


class InProcessArrivals(Arrivals):
    """Heard in this process only: workers elsewhere look as often as they like."""

    def __init__(self) -> None:
        self._noted = {channel: asyncio.Event() for channel in Channel}

    def note(self) -> None:
        for noted in self._noted.values():
            noted.set()

    async def wait(self, channel: Channel, *, most: timedelta) -> None:
        noted = self._noted[channel]
        with suppress(TimeoutError):
            async with asyncio.timeout(most.total_seconds()):
                await noted.wait()
        noted.clear()
