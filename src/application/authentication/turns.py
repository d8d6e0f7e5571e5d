"""Attempts of one kind that are made at the same time."""

import asyncio
from dataclasses import dataclass, field

from hexkey.domain.accounts.password import HashingOverloaded

AT_ONCE = 4  # no more than the failures that are free
MOST_IN_LINE = 60  # of one kind, about as many as wait for a hash; the last of more would give up


@dataclass(slots=True)
class _Queue:
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    people: int = 0  # who have a turn, or wait for one


@dataclass(slots=True)
class Turn:
    """Leave to make an attempt now."""

    _turns: "Turns"
    _key: str

    def give_back(self) -> None:
        """Let the next one have it."""
        self._turns.give_back(self._key)


@dataclass(slots=True)
class Turns:
    """Lets a few of each kind through at once, and the others as those before them have ended.

    Attempts are counted before they are looked at. Without this, a program that signs in many
    times at once, with the right password, would be taken for somebody who guesses.
    """

    _queues: dict[str, _Queue] = field(default_factory=dict)

    async def take(self, key: str) -> Turn:
        """Wait for a turn; whoever gets one gives it back.

        Raises:
            HashingOverloaded: if `MOST_IN_LINE` wait already.
        """
        queue = self._queues.setdefault(key, _Queue())
        if queue.people >= AT_ONCE + MOST_IN_LINE:
            raise HashingOverloaded
        queue.people += 1
        try:
            await queue.room.acquire()
        except BaseException:
            self._leave(key, queue)
            raise
        return Turn(self, key)

    def give_back(self, key: str) -> None:
        """End a turn."""
        queue = self._queues[key]
        queue.room.release()
        self._leave(key, queue)

    def _leave(self, key: str, queue: _Queue) -> None:
        queue.people -= 1
        if not queue.people:
            del self._queues[key]
