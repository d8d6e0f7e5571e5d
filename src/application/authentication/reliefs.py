"""Taking back what was no failure, a few attempts together."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass, field
from datetime import timedelta

from hexkey.application.authentication.turns import Turn
from hexkey.application.ports.authentication import FailureCounters
from hexkey.domain.authentication.throttle import Relief
from hexkey.domain.errors import TemporarilyUnavailable

PAUSE = timedelta(milliseconds=10)  # for the answer to leave, and for others to join


@dataclass(slots=True)
class _Batch:
    """What is taken back with one statement, and whose turns end with it."""

    reliefs: dict[str, Relief] = field(default_factory=dict)
    turns: list[Turn] = field(default_factory=list)
    accounts: set[str] = field(default_factory=set)

    def add(self, account: str, reliefs: Sequence[Relief], turn: Turn) -> None:
        for relief in reliefs:
            known = self.reliefs.get(relief.key)
            self.reliefs[relief.key] = relief if known is None else known.and_also(relief)
        self.turns.append(turn)
        self.accounts.add(account)


@dataclass(slots=True, kw_only=True)
class Reliefs:
    """What this process has to take back; an attempt has its turn until that is stored."""

    counters: FailureCounters
    _open: _Batch | None = field(default=None, init=False)
    _timer: "asyncio.Task[None] | None" = field(default=None, init=False)  # or nobody refers to it
    _storing: dict["asyncio.Task[None]", _Batch] = field(default_factory=dict, init=False)

    def soon(self, account: str, reliefs: Sequence[Relief], turn: Turn) -> None:
        """Take back with the next batch."""
        if self._open is None:
            self._open = _Batch()
            self._timer = asyncio.create_task(self._close_later(self._open), context=Context())
        self._open.add(account, reliefs, turn)

    async def now(self, account: str, reliefs: Sequence[Relief], turn: Turn) -> None:
        """Take back before anything else is done; whoever is canceled meanwhile does so still."""
        batch = _Batch()
        batch.add(account, reliefs, turn)
        await asyncio.shield(self._store(batch))

    async def settled(self, account: str) -> None:
        """Wait for what `account` is owed: who was right a moment ago may mistype at once."""
        if self._open is not None and account in self._open.accounts:
            self._close(self._open)
        for task, batch in list(self._storing.items()):
            if account in batch.accounts:
                await asyncio.wait([task])

    async def all_settled(self) -> None:
        """Wait for everything that was to be taken back until now."""
        if self._open is not None:
            self._close(self._open)
        while self._storing:
            await asyncio.wait(self._storing)

    async def _close_later(self, batch: _Batch) -> None:
        # A task, and no timer of the loop: it is canceled with the loop, and nothing begins then.
        await asyncio.sleep(PAUSE.total_seconds())
        self._close(batch)

    def _close(self, batch: _Batch) -> None:
        if batch is self._open:
            self._open = None
            self._store(batch)

    def _store(self, batch: _Batch) -> "asyncio.Task[None]":
        # For no request: whoever happened to begin the batch has no part in the others'.
        task = asyncio.create_task(self._relieve(batch), context=Context())
        self._storing[task] = batch
        task.add_done_callback(self._storing.pop)
        return task

    async def _relieve(self, batch: _Batch) -> None:
        try:
            # What cannot be taken back has been counted too often, which does no great harm.
            with suppress(TemporarilyUnavailable):
                await self.counters.relieve(list(batch.reliefs.values()))
        finally:
            for turn in batch.turns:
                turn.give_back()
