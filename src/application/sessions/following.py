"""Following the log of changes, so that a token check need not ask the database."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NoReturn

from hexkey.application.ports.changes import (
    CHANGES_AT_A_TIME,
    ChangeBell,
    ChangeLog,
    StateChange,
)
from hexkey.application.ports.sessions import SessionMemory
from hexkey.application.ports.system import Clock
from hexkey.domain.errors import TemporarilyUnavailable

POLL_EVERY = timedelta(milliseconds=500)  # when no bell rings
REST = timedelta(milliseconds=50)  # between two polls, however often it rings
VOUCHED_FOR = timedelta(seconds=1)  # from the beginning of a poll


@dataclass(slots=True, kw_only=True)
class _Place:
    """How far the log has been read, without a gap.

    Numbers may appear out of order, but not for longer than `settling`. So the log is read again
    from where it had settled, and what was seen is skipped.

    Attributes:
        settled: no number up to this one can appear any more.
        greatest: the greatest number that was seen.
        since: from when on everything that changed has been told; `None` at first.
        marks: greatest numbers, and when they had been seen at the latest, the earliest first.
    """

    settling: float
    settled: int
    greatest: int
    since: float | None = None
    seen: set[int] = field(default_factory=set)
    marks: deque[tuple[float, int]] = field(default_factory=deque)

    def begin(self, now: float) -> float:
        """Begin a poll `now`, so that whatever the one before has read was there before.

        Returns:
            Since when everything that changed has been told, once this poll is finished.
        """
        marked = self.marks[-1][1] if self.marks else self.settled
        if self.greatest > marked:
            self.marks.append((now, self.greatest))
        if self.since is None:
            self.since = now + self.settling
        return self.since

    def unseen(self, changes: Sequence[StateChange]) -> list[StateChange]:
        """Those of `changes` that are new."""
        new = [change for change in changes if change.sequence not in self.seen]
        self.seen.update(change.sequence for change in new)
        self.greatest = max(self.greatest, *(change.sequence for change in new), 0)
        return new

    def finish(self, begun: float) -> None:
        """The poll that had begun at `begun` has read everything there was."""
        settled = self.settled
        while self.marks and self.marks[0][0] + self.settling <= begun:
            settled = self.marks.popleft()[1]
        if settled > self.settled:
            self.settled = settled
            self.seen = {number for number in self.seen if number > settled}


@dataclass(slots=True, kw_only=True)
class FollowChanges:
    """Tell a memory of every change, and vouch that it has been told.

    While the log cannot be read nobody vouches, and what is remembered is believed for its own
    second only. A follower that reads again begins anew, because it may read another log by then:
    a standby that was promoted, or a backup.
    """

    log: ChangeLog
    bell: ChangeBell
    memory: SessionMemory
    clock: Clock
    _place: _Place | None = field(default=None, init=False)

    async def __call__(self) -> NoReturn:
        """Follow until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.bell.listen())
            while True:
                await self.poll()
                await asyncio.sleep(REST.total_seconds())
                await self.bell.wait(at_most=POLL_EVERY - REST)
        raise AssertionError

    async def poll(self) -> None:
        """Look once."""
        begun = self.clock.monotonic()
        try:
            if self._place is None:
                self._place = await self._start()
            else:
                since = await self._read(self._place, begun)
                self.memory.vouch(since=since, until=begun + VOUCHED_FOR.total_seconds())
        except TemporarilyUnavailable:
            self._place = None

    async def _start(self) -> _Place:
        latest = await self.log.latest()
        settling = self.log.settling.total_seconds()
        return _Place(settling=settling, settled=latest, greatest=latest)

    async def _read(self, place: _Place, begun: float) -> float:
        since = place.begin(begun)
        after, read = place.settled, CHANGES_AT_A_TIME
        while read == CHANGES_AT_A_TIME:
            changes = await self.log.after(after)
            for user in {change.user for change in place.unseen(changes)}:
                self.memory.forget(user)
            read, after = len(changes), changes[-1].sequence if changes else after
        place.finish(begun)
        return since
