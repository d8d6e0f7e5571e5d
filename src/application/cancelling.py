"""Tasks that are to end."""

import asyncio
from collections.abc import Collection
from datetime import timedelta
from typing import Any


async def ended(tasks: Collection["asyncio.Task[Any]"], *, again: timedelta) -> None:
    """Cancel `tasks` until all have ended; the failures that they end with are nobody's.

    Once is not enough: a library that waits with a time-out of its own can take a cancellation for
    that, or lose it when what it waits for comes at the same moment, as `asyncio.wait_for` does
    before Python 3.12.

    Args:
        again: after so long without an end, a cancellation was lost. What a task does on being
            cancelled must not take longer, or it is interrupted there.
    """
    waiting = set(tasks)
    while waiting:
        for task in waiting:
            task.cancel()
        over, waiting = await asyncio.wait(waiting, timeout=again.total_seconds())
        await asyncio.gather(*over, return_exceptions=True)
