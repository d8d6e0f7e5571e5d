"""A bell that is heard in one process."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from hexkey.application.ports.changes import ChangeBell


class InProcessBell(ChangeBell):
    """For one process, and for several that have nothing to ring with: those only look often."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()

    async def listen(self) -> None:
        await asyncio.Event().wait()

    async def wait(self, *, at_most: timedelta) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(at_most.total_seconds()):
                await self._rung.wait()
        self._rung.clear()
