"""Counting somewhere else while the usual place is away."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from hexkey.application.ports.authentication import FailureCounters
from hexkey.application.ports.system import Clock
from hexkey.domain.authentication.throttle import Charge, Failures, Relief, Standing
from hexkey.domain.errors import TemporarilyUnavailable

T = TypeVar("T")

REST = timedelta(seconds=1)  # before an away store is asked again: a time-out is not for everybody


class StandbyCounters(FailureCounters):
    """Limits that get narrower or wider while `primary` is away, and never disappear (RL-10).

    Each store keeps what it has counted, so a guesser gains the budget of the other one, once.

    Args:
        standby: that of this process or, better, of all of them.
    """

    def __init__(self, primary: FailureCounters, standby: FailureCounters, *, clock: Clock) -> None:
        self._primary, self._standby = primary, standby
        self._clock = clock
        self._away_since: datetime | None = None

    async def find(self, key: str) -> Failures | None:
        return await self._by_either(lambda counters: counters.find(key))

    async def charge(self, charges: Sequence[Charge], *, now: datetime) -> Sequence[Standing]:
        return await self._by_either(lambda counters: counters.charge(charges, now=now))

    async def relieve(self, reliefs: Sequence[Relief]) -> None:
        await self._by_either(lambda counters: counters.relieve(reliefs))

    async def _by_either(self, deed: Callable[[FailureCounters], Awaitable[T]]) -> T:
        now = self._clock.now()
        if self._away_since is None or not now - REST < self._away_since <= now:
            try:
                done = await deed(self._primary)
            except TemporarilyUnavailable:
                self._away_since = now
            else:
                self._away_since = None
                return done
        return await deed(self._standby)
