"""What `PruneExpired` does; that each deletion is right is the contract of `ExpiredRows`."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from hexkey.adapters.memory.leases import MemoryLeases
from hexkey.application import maintenance
from hexkey.application.maintenance import BATCH, Pruned, PruneExpired, RetentionPolicy
from hexkey.application.ports.api_keys import ApiKeyDirectory, KeyAndOwner
from hexkey.application.ports.maintenance import ExpiredRows
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.identifiers import ApiKeyId
from tests.support.doubles import START, CountingIds, FrozenClock

pytestmark = pytest.mark.anyio


class Piles(ExpiredRows, ApiKeyDirectory):
    """So many old rows of each kind; remembers what it was asked."""

    def __init__(self, **rows: int) -> None:
        self.rows = rows
        self.asked: list[tuple[str, datetime, int]] = []
        self.away = False
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def sessions(self, *, before: datetime, limit: int) -> int:
        return await self._take("sessions", before, limit)

    async def failures(self, *, before: datetime, limit: int) -> int:
        return await self._take("failures", before, limit)

    async def state_changes(self, *, before: datetime, limit: int) -> int:
        return await self._take("state_changes", before, limit)

    async def retired_keys(self, *, before: datetime, limit: int) -> int:
        return await self._take("retired_keys", before, limit)

    async def find(self, digest: str) -> KeyAndOwner | None:
        raise NotImplementedError

    async def record_use(self, used: Mapping[ApiKeyId, datetime]) -> None:
        raise NotImplementedError

    async def forget_expired(self, *, before: datetime, limit: int) -> int:
        return await self._take("api_keys", before, limit)

    async def one_time_tokens(self, *, before: datetime, limit: int) -> int:
        return await self._take("one_time_tokens", before, limit)

    async def sent_messages(self, *, before: datetime, limit: int) -> int:
        return await self._take("sent_messages", before, limit)

    async def unsent_messages(self, *, before: datetime, limit: int) -> int:
        return await self._take("unsent_messages", before, limit)

    async def _take(self, kind: str, before: datetime, limit: int) -> int:
        await self.may_go_on.wait()
        if self.away:
            raise TemporarilyUnavailable
        self.asked.append((kind, before, limit))
        taken = min(limit, self.rows.get(kind, 0))
        self.rows[kind] = self.rows.get(kind, 0) - taken
        return taken


@pytest.fixture
def piles() -> Piles:
    return Piles(sessions=2 * BATCH + 1, failures=BATCH, retired_keys=1, unsent_messages=2)


@pytest.fixture
def prune(piles: Piles) -> PruneExpired:
    return PruneExpired(
        expired=piles,
        keys=piles,
        leases=MemoryLeases(),
        ids=CountingIds(),
        clock=FrozenClock(),
        policy=RetentionPolicy(sessions=timedelta(days=2)),
    )


class TestPruneExpired:
    async def test_deletes_in_batches_until_nothing_is_left(
        self, prune: PruneExpired, piles: Piles
    ) -> None:
        done = await prune()

        assert done == Pruned(
            sessions=2 * BATCH + 1,
            failures=BATCH,
            state_changes=0,
            retired_keys=1,
            api_keys=0,
            one_time_tokens=0,
            sent_messages=0,
            unsent_messages=2,
        )
        assert {limit for _, _, limit in piles.asked} == {BATCH}
        assert [kind for kind, _, _ in piles.asked].count("sessions") == 3

    async def test_keeps_each_kind_for_its_own_time(
        self, prune: PruneExpired, piles: Piles
    ) -> None:
        await prune()

        assert {kind: START - before for kind, before, _ in piles.asked} == {
            "sessions": timedelta(days=2),
            "failures": timedelta(0),  # each counter says itself how long it is needed
            "state_changes": timedelta(hours=1),
            "retired_keys": timedelta(days=365),
            "api_keys": timedelta(days=30),
            "one_time_tokens": timedelta(days=1),
            "sent_messages": timedelta(days=1),
            "unsent_messages": timedelta(days=14),
        }

    async def test_leaves_the_rest_for_the_next_time(
        self, prune: PruneExpired, piles: Piles, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(maintenance, "MOST_BATCHES", 2)

        first, second = await prune(), await prune()

        assert first is not None
        assert second is not None
        assert (first.sessions, second.sessions) == (2 * BATCH, 1)

    async def test_ra_02_one_at_a_time(self, prune: PruneExpired, piles: Piles) -> None:
        piles.may_go_on.clear()
        running = asyncio.create_task(prune())
        await asyncio.sleep(0)
        assert await prune() is None
        piles.may_go_on.set()

        assert await running is not None
        assert await prune() is not None

    async def test_lets_the_next_one_begin_when_it_failed(
        self, prune: PruneExpired, piles: Piles
    ) -> None:
        piles.away = True
        with pytest.raises(TemporarilyUnavailable):
            await prune()
        piles.away = False

        assert await prune() is not None
