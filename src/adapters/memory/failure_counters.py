"""Failed attempts in a dict."""

from datetime import datetime

from hexkey.application.ports.authentication import FailureCounters
from hexkey.domain.authentication.throttle import Failures


class MemoryFailureCounters(FailureCounters):
    """Nothing here waits, so no call can come between the reading and the writing of another."""

    def __init__(self) -> None:
        self._failures: dict[str, Failures] = {}

    async def find(self, key: str) -> Failures | None:
        return self._failures.get(key)

    async def record(self, key: str, *, now: datetime) -> None:
        earlier = self._failures.get(key)
        self._failures[key] = Failures(count=earlier.count + 1 if earlier else 1, last=now)

    async def clear(self, key: str) -> None:
        self._failures.pop(key, None)

    def forget(self, *, before: datetime, limit: int) -> int:
        """Drop the counters whose latest failure happened before `before`; returns how many."""
        old = [key for key, it in self._failures.items() if it.last < before][:limit]
        for key in old:
            del self._failures[key]
        return len(old)
