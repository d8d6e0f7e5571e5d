"""Failed attempts in a dict."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from hexkey.application.ports.authentication import FailureCounters
from hexkey.domain.authentication.throttle import (
    Charge,
    Failures,
    Relief,
    Standing,
    standings_of,
)


class _Kept(NamedTuple):
    failures: Failures
    until: datetime


class MemoryFailureCounters(FailureCounters):
    """Nothing here waits, so no call can come between the reading and the writing of another.

    Args:
        most: counters that are kept; with one more, the one that was begun first is forgotten. 0
            for no bound, where somebody calls `forget`.
    """

    def __init__(self, *, most: int = 0) -> None:
        self._kept: dict[str, _Kept] = {}
        self._most = most

    async def find(self, key: str) -> Failures | None:
        kept = self._kept.get(key)
        return None if kept is None else kept.failures

    async def charge(self, charges: Sequence[Charge], *, now: datetime) -> Sequence[Standing]:
        stored = {key: kept.failures for key, kept in self._kept_of(charges).items()}
        standings = standings_of(charges, stored, now=now)
        for charge, standing in zip(charges, standings, strict=True):
            if standing.charged:
                until = charge.budget.kept_until(now=now)
                self._kept[charge.key] = _Kept(standing.failures, until)
                if 0 < self._most < len(self._kept):
                    del self._kept[next(iter(self._kept))]
        return standings

    async def relieve(self, reliefs: Sequence[Relief]) -> None:
        for relief in reliefs:
            kept = self._kept.get(relief.key)
            if kept is not None:
                left = kept.failures.without(relief.count, rest=relief.rest)
                self._kept[relief.key] = kept._replace(failures=left)

    def forget(self, *, before: datetime, limit: int) -> int:
        """Drop the counters that are kept until before `before`; returns how many."""
        old = [key for key, it in self._kept.items() if it.until < before][:limit]
        for key in old:
            del self._kept[key]
        return len(old)

    def _kept_of(self, charges: Sequence[Charge]) -> dict[str, _Kept]:
        return {it.key: self._kept[it.key] for it in charges if it.key in self._kept}
