"""Maintenance: what nobody needs any more is deleted, so that storage is bounded."""

from collections.abc import Awaitable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Protocol

from hexkey.application.ports.api_keys import ApiKeyDirectory
from hexkey.application.ports.maintenance import ExpiredRows, Leases
from hexkey.application.ports.system import Clock, IdGenerator

BATCH = 500  # rows; a batch holds SQLite's one write lock for some milliseconds
MOST_BATCHES = 200  # of each kind; what is left waits for the next time

_TASK = "prune"
_LEASE = timedelta(minutes=5)  # renewed before each batch; after a crash another one may begin


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPolicy:
    """How long what is over is kept.

    Attributes:
        sessions: after their end; at least as long as their access tokens may be believed by
            those who verify offline, because they must be able to hear of it.
        failures: after the time for which their rule keeps them.
        state_changes: much longer than anybody who follows them may stop for.
        retired_keys: so that an operator can see what was in use.
        api_keys: after their end, so that their owner sees which program has stopped.
        one_time_tokens: after their time is over; what a late repeat of a mail could put anew
            must still be there.
        sent_messages: at least the hour in which mail to one address is counted.
        unsent_messages: after nobody wants them any more, so that an operator can see why.
    """

    sessions: timedelta
    failures: timedelta = timedelta(0)
    state_changes: timedelta = timedelta(hours=1)
    retired_keys: timedelta = timedelta(days=365)
    api_keys: timedelta = timedelta(days=30)
    one_time_tokens: timedelta = timedelta(days=1)
    sent_messages: timedelta = timedelta(days=1)
    unsent_messages: timedelta = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """How many rows of each kind were deleted."""

    sessions: int
    failures: int
    state_changes: int
    retired_keys: int
    api_keys: int
    one_time_tokens: int
    sent_messages: int
    unsent_messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneExpired:
    """Delete what has been over for long enough, in small steps, in one instance at a time."""

    expired: ExpiredRows
    keys: ApiKeyDirectory
    leases: Leases
    ids: IdGenerator
    clock: Clock
    policy: RetentionPolicy

    async def __call__(self) -> Pruned | None:
        """Return what was deleted; `None` if another instance is at it.

        Raises:
            TemporarilyUnavailable: if the store is away; what was deleted until then is gone.
        """
        holder, now, keep = self.ids.new(), self.clock.now(), self.policy
        if not await self._hold(holder):
            return None
        try:
            deleted = {
                kind.name: await self._all(
                    self._of_kind(kind.name), now - getattr(keep, kind.name), holder
                )
                for kind in fields(Pruned)
            }
            return Pruned(**deleted)
        finally:
            await self.leases.give_back(_TASK, holder=holder)

    def _of_kind(self, kind: str) -> "_Delete":
        delete: _Delete = (
            self.keys.forget_expired if kind == "api_keys" else getattr(self.expired, kind)
        )
        return delete

    async def _all(self, delete: "_Delete", before: datetime, holder: str) -> int:
        deleted = 0
        for _ in range(MOST_BATCHES):
            batch = await delete(before=before, limit=BATCH)
            deleted += batch
            if batch < BATCH or not await self._hold(holder):
                break
        return deleted

    async def _hold(self, holder: str) -> bool:
        now = self.clock.now()
        return await self.leases.take(_TASK, holder=holder, now=now, until=now + _LEASE)


class _Delete(Protocol):
    def __call__(self, *, before: datetime, limit: int) -> Awaitable[int]: ...
