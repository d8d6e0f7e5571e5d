"""What strangers may ask for does not fill the disk: the outbox and its tokens are bounded."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.api_keys import SqlApiKeyDirectory
from hexkey.adapters.sql.expired_rows import SqlExpiredRows
from hexkey.adapters.sql.leases import SqlLeases
from hexkey.adapters.sql.outbox_queue import SqlOutboxQueue
from hexkey.adapters.sql.store import SqlStore
from hexkey.adapters.sql.tables import one_time_tokens, outbox
from hexkey.application.maintenance import PruneExpired, RetentionPolicy
from hexkey.domain.outbox import Message
from tests.contracts.one_time_tokens import put
from tests.contracts.outbox import queued
from tests.contracts.outbox_queue import claimed
from tests.support.builders import a_message, a_one_time_token
from tests.support.doubles import CountingIds, FrozenClock

pytestmark = pytest.mark.anyio

A_DAY_OF_REQUESTS = 60


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def prune(engine: AsyncEngine, clock: FrozenClock) -> PruneExpired:
    return PruneExpired(
        expired=SqlExpiredRows(engine),
        keys=SqlApiKeyDirectory(engine),
        leases=SqlLeases(engine),
        ids=CountingIds(),
        clock=clock,
        policy=RetentionPolicy(sessions=timedelta(days=1)),
    )


class TestStorage:
    @pytest.mark.lengthy
    async def test_tk_09_of_mails_and_their_tokens_is_bounded_whatever_becomes_of_them(
        self, engine: AsyncEngine, prune: PruneExpired, clock: FrozenClock
    ) -> None:
        """TK-09's neighbor: sent, refused, or never looked at, all are gone in the end."""
        most = 0
        for day in range(24):
            messages = await self.asked_for(engine, clock)
            if day % 4:  # now and then no worker runs
                found = await claimed(SqlOutboxQueue(engine), "ann", now=clock.now(), limit=9999)
                outcomes = [
                    it.failed("550") if int(it.id[-1], 16) % 8 == 0 else it.done() for it in found
                ]
                await SqlOutboxQueue(engine).settle(outcomes, holder="ann")
            assert len(messages) == A_DAY_OF_REQUESTS
            clock.advance(days=1)
            assert await prune() is not None
            most = max(most, await rows(engine))
        assert most < 12 * A_DAY_OF_REQUESTS  # of 48 times as many

        clock.advance(days=20)
        await prune()
        assert await rows(engine) == 0

    async def asked_for(self, engine: AsyncEngine, clock: FrozenClock) -> list[Message]:
        """Requests of one day, and a token for each."""
        now = clock.now()
        messages = [
            a_message(now=now, expires_at=now + timedelta(minutes=30))
            for _ in range(A_DAY_OF_REQUESTS)
        ]
        await queued(SqlStore(engine), *messages)
        await put(SqlStore(engine), *(a_one_time_token(now=now) for _ in range(A_DAY_OF_REQUESTS)))
        return messages


async def rows(engine: AsyncEngine) -> int:
    """How many messages and tokens are kept."""
    async with engine.connect() as connection:
        counts = [
            (await connection.execute(select(func.count()).select_from(table))).scalar_one()
            for table in (outbox, one_time_tokens)
        ]
    return sum(counts)
