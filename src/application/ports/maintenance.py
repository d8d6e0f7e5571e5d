"""Forgetting what nobody needs any more."""

from datetime import datetime
from typing import Protocol


class ExpiredRows(Protocol):
    """Deletes old rows, at most `limit` at a time, so that no one else has to wait for long.

    Every call is a transaction of its own, and returns how many rows it deleted; fewer than
    `limit` means that there are no more.
    """

    async def sessions(self, *, before: datetime, limit: int) -> int:
        """Delete sessions that were ended, or were over in any case, before `before`."""
        ...

    async def failures(self, *, before: datetime, limit: int) -> int:
        """Delete counters of failures that are kept until before `before`."""
        ...

    async def state_changes(self, *, before: datetime, limit: int) -> int:
        """Delete entries of the change log from before `before`."""
        ...

    async def retired_keys(self, *, before: datetime, limit: int) -> int:
        """Delete signing keys that were retired before `before`."""
        ...

    async def one_time_tokens(self, *, before: datetime, limit: int) -> int:
        """Delete tokens that expired before `before`, used or not."""
        ...

    async def sent_messages(self, *, before: datetime, limit: int) -> int:
        """Delete messages that have left, or were for nobody, and were due before `before`."""
        ...

    async def unsent_messages(self, *, before: datetime, limit: int) -> int:
        """Delete messages that have not left, and expired before `before`."""
        ...


class Leases(Protocol):
    """Tasks that one instance at a time does."""

    async def take(self, name: str, *, holder: str, now: datetime, until: datetime) -> bool:
        """Take the task, or keep it for longer.

        Returns:
            False, and nothing changed, if another holder has it, and its time is not over `now`.
        """
        ...

    async def give_back(self, name: str, *, holder: str) -> None:
        """Let the next one have it at once; nothing happens if `holder` no longer has it."""
        ...
