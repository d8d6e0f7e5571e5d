"""RL-10: counting in a real Redis, and counting on while it is away."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest

from hexkey.adapters.memory.failure_counters import MemoryFailureCounters
from hexkey.adapters.memory.standby_counters import StandbyCounters
from hexkey.adapters.redis.failure_counters import PREFIX, RedisFailureCounters
from hexkey.application.ports.authentication import FailureCounters
from hexkey.domain.authentication.throttle import Budget, Charge, Relief
from hexkey.domain.errors import TemporarilyUnavailable
from tests.contracts.failure_counters import FailureCountersContract
from tests.support.doubles import START, FrozenClock
from tests.support.redis import RedisServer

pytestmark = [pytest.mark.anyio, pytest.mark.redis]

ANN = Charge(key="ann", budget=Budget(free=2, kept=timedelta(days=30)))
NOBODY = "unix:///nonexistent/redis"
DEEDS: dict[str, Callable[[FailureCounters], Awaitable[object]]] = {
    "find": lambda it: it.find("ann"),
    "charge": lambda it: it.charge([ANN], now=START),
    "relieve": lambda it: it.relieve([Relief(key="a", count=1, rest=timedelta(0))]),
}


@pytest.fixture
async def counters(redis_server: RedisServer) -> AsyncIterator[RedisFailureCounters]:
    counters = RedisFailureCounters(redis_server.url)
    await counters._to.client.flushall()
    yield counters
    await counters.close()


class TestRedisFailureCounters(FailureCountersContract):
    @pytest.fixture(autouse=True)
    def _no_time_passes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # Redis forgets by its own clock, for which the day of the other tests is long over.
        monkeypatch.setattr(Budget, "kept_until", lambda _, now: now.replace(year=2200))

    @pytest.fixture
    def failures(self, counters: RedisFailureCounters) -> RedisFailureCounters:
        return counters


class TestRedisCounters:
    async def test_rl_10_are_shared_by_instances_and_survive_their_restart(
        self, counters: RedisFailureCounters, redis_server: RedisServer
    ) -> None:
        """RL-10: another process, with connections of its own, goes on where the first was."""
        other = RedisFailureCounters(redis_server.url)
        now = FrozenClock().now().replace(year=2200)
        for each in (counters, other, counters):
            await each.charge([ANN], now=now)
        await other.close()

        (standing,) = await other.charge([ANN], now=now)
        assert standing.wait == timedelta(seconds=1)
        await other.close()

    async def test_are_forgotten_by_redis_itself(self, counters: RedisFailureCounters) -> None:
        now = START.replace(year=2200)
        await counters.charge([ANN], now=now)

        assert await counters._to.client.pttl(PREFIX + "ann") > timedelta(days=30).total_seconds()

    @pytest.mark.parametrize("deed", DEEDS)
    async def test_are_unavailable_without_a_server(self, deed: str) -> None:
        counters = RedisFailureCounters(NOBODY)

        with pytest.raises(TemporarilyUnavailable):
            await DEEDS[deed](counters)
        await counters.close()


class TestStandbyCounters:
    async def test_rl_10_limit_on_while_the_server_is_away_and_return_to_it(
        self, redis_server: RedisServer
    ) -> None:
        """RL-10: never to none: the store is killed in the middle."""
        clock = FrozenClock()
        clock.advance(days=365 * 200)
        redis = RedisFailureCounters(redis_server.url)
        await redis._to.client.flushall()
        counters = StandbyCounters(redis, MemoryFailureCounters(), clock=clock)
        await self._exhaust(counters, clock)

        redis_server.stop()
        try:
            await self._exhaust(counters, clock)  # by itself now; the budget is another one, once
        finally:
            redis_server.start()
        clock.advance(seconds=1, milliseconds=-1)
        assert (await counters.charge([ANN], now=clock.now()))[0].wait  # not asked again so soon
        clock.advance(milliseconds=1)
        assert (await counters.charge([ANN], now=clock.now()))[0].charged  # in a new, empty Redis
        await redis.close()

    async def _exhaust(self, counters: FailureCounters, clock: FrozenClock) -> None:
        for _ in range(3):
            assert (await counters.charge([ANN], now=clock.now()))[0].charged
        for _ in range(50):
            assert not (await counters.charge([ANN], now=clock.now()))[0].charged

    async def test_rl_10_raise_only_when_both_are_away(self) -> None:
        away = RedisFailureCounters(NOBODY)
        counters = StandbyCounters(away, away, clock=FrozenClock())

        with pytest.raises(TemporarilyUnavailable):
            await counters.charge([ANN], now=START)
