"""The log of changes in a list."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import timedelta
from itertools import islice

from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.ports.changes import CHANGES_AT_A_TIME, ChangeLog, StateChange


class MemoryChangeLog(ChangeLog):
    """Reads what is committed in a `MemoryStore`."""

    def __init__(self, store: MemoryStore) -> None:
        self._kept = store.committed

    @property
    def settling(self) -> timedelta:
        return timedelta(0)

    async def latest(self) -> int:
        return self._kept.changes_ever

    async def after(self, sequence: int) -> Sequence[StateChange]:
        changes = self._kept.changes
        start = bisect_right(changes, sequence, key=lambda change: change.sequence)
        return list(islice(changes, start, start + CHANGES_AT_A_TIME))
