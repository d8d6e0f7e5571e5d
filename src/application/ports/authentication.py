"""Counting failed attempts."""

from datetime import datetime
from typing import Protocol

from hexkey.domain.authentication.throttle import Failures


class FailureCounters(Protocol):
    """Consecutive failures by key. Every call is a transaction of its own."""

    async def find(self, key: str) -> Failures | None:
        """What was counted under `key`; `None` if nothing was."""
        ...

    async def record(self, key: str, *, now: datetime) -> None:
        """Count one more failure, durably; concurrent calls lose none."""
        ...

    async def clear(self, key: str) -> None:
        """Forget what was counted under `key`."""
        ...
