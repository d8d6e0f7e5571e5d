"""What goes on beside the requests: following changes, rotating keys, pruning, errands."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from hexkey.application.cancelling import ended
from hexkey.domain.errors import TemporarilyUnavailable

KEYS_EVERY = timedelta(seconds=30)  # far below the time for which a new key is announced
RELOAD_EVERY = timedelta(seconds=1)  # how late a process signs with a key that another one made
PRUNE_EVERY = timedelta(minutes=10)
ERASE_EVERY = timedelta(seconds=30)
SIGHTINGS_EVERY = timedelta(seconds=3)  # how late a session is seen to be in use, at most
LETTING_GO = timedelta(seconds=10)  # more than any chore needs to end in good order
_RESTART_AFTER = timedelta(seconds=1)

_log = logging.getLogger("hexkey.background")

Deed = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to do again and again.

    Attributes:
        every: the rest between two times; for a deed that never returns, it does not matter.
        at_the_end: whether it is done once more when the service stops.
    """

    name: str
    deed: Deed
    every: timedelta
    at_the_end: bool = False


def beside_requests(
    chores: Sequence[Chore], errands: Sequence[Chore], *, errands_too: bool
) -> Sequence[Chore]:
    """What a server does; errands may be left to `hexkey worker`."""
    return [*chores, *errands] if errands_too else chores


@dataclass(slots=True)
class Background:
    """Runs chores for as long as the service runs; a failure ends none of them."""

    chores: Sequence[Chore]
    _tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    def start(self) -> None:
        """Begin; the tasks belong to the running event loop."""
        self._tasks = [asyncio.create_task(_repeat(chore)) for chore in self.chores]

    async def stop(self) -> None:
        """Cancel every chore, wait until each has let go, and do what is to be done at the end.

        What has never been started has no end.
        """
        if not self._tasks:
            return
        await ended(self._tasks, again=LETTING_GO)
        self._tasks.clear()
        for chore in self.chores:
            if chore.at_the_end:
                await _attempt(chore)


async def _repeat(chore: Chore) -> None:
    while True:
        rest = await _attempt(chore)
        await asyncio.sleep(rest.total_seconds())


async def _attempt(chore: Chore) -> timedelta:
    """Do it, and say how long to rest before the next time."""
    try:
        await chore.deed()
    except TemporarilyUnavailable as error:
        return error.retry_after
    except Exception:  # noqa: BLE001 - the chore is done again; nobody above could do better
        _log.exception("%s failed", chore.name)
        return max(chore.every, _RESTART_AFTER)
    return chore.every
