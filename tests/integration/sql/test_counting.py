"""What counting an attempt writes, on SQLite and on PostgreSQL."""

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.failure_counters import SqlFailureCounters
from hexkey.domain.authentication.throttle import Failures
from tests.support.builders import a_charge
from tests.support.doubles import START

pytestmark = pytest.mark.anyio

SECOND = timedelta(seconds=1)


class TestAFloodOfRefusals:
    async def test_writes_nothing_for_whoever_must_wait(self, engine: AsyncEngine) -> None:
        """It would hold the rows that honest attempts wait for."""
        failures, ann = SqlFailureCounters(engine), a_charge(free=2)
        for _ in range(3):
            await failures.charge([ann], now=START)

        for _ in range(3):
            other, resting = await failures.charge([a_charge(key="net", free=2), ann], now=START)
            assert (other.charged, resting.charged, resting.wait) == (False, False, SECOND)

        assert await failures.find("net") is None, "a counter that was taken back would be 0"

    async def test_counts_again_when_the_rest_is_over(self, engine: AsyncEngine) -> None:
        failures, ann = SqlFailureCounters(engine), a_charge(free=2)
        for _ in range(3):
            await failures.charge([ann], now=START)

        for seconds in (0, 1, 1, 3):
            await failures.charge([ann], now=START + seconds * SECOND)

        assert await failures.find("ann") == Failures(5, START + 7 * SECOND)
