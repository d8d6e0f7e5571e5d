"""RF-15: Redis goes away, hangs, forgets and comes back, under two servers that count in it."""

import asyncio
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.support.faults_families import settings_for
from tests.support.faults_http import ask, eventually, refresh, whoami
from tests.support.faults_ledger import Ledger
from tests.support.faults_people import Person, SignedIn
from tests.support.redis import NoRedis, RedisServer, running_redis
from tests.support.server import Server, running_server

pytestmark = [pytest.mark.anyio, pytest.mark.redis]

FREE = 5  # guesses that are looked at at once; then one after 1, 2, 4 … seconds
AWAY, BACK = "counters: redis_away", "counters: ok (redis)"


@dataclass(frozen=True)
class Fault:
    """Something that happens to Redis.

    Attributes:
        end: what makes it well again; nothing if it is by itself.
        told: what readiness says meanwhile.
    """

    begin: Callable[[RedisServer], None]
    end: Callable[[RedisServer], None]
    told: str


def restart(redis: RedisServer) -> None:
    redis.stop()
    redis.start()


FAULTS = {
    "down": Fault(RedisServer.stop, RedisServer.start, AWAY),
    "slow": Fault(RedisServer.pause, RedisServer.resume, AWAY),
    "flushed": Fault(RedisServer.flush, lambda _: None, BACK),
    "restarted": Fault(restart, lambda _: None, BACK),
}


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    """One of our own, for nobody else's tests should meet what happens to it."""
    try:
        with running_redis() as server:
            yield server
    except NoRedis:
        pytest.skip("no Redis: install redis-server or valkey-server")


@pytest.fixture
def servers(redis: RedisServer, sqlite_path: Path, tmp_path: Path) -> Iterator[list[Server]]:
    settings = settings_for(f"sqlite:///{sqlite_path}") | {
        "HEXKEY_REDIS_URL": redis.url,
        "HEXKEY_PUBLIC_URL": "http://127.0.0.1:8000",  # one for both, so each knows all tokens
    }
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    with (
        running_server(settings, folder=tmp_path / "one") as one,
        running_server(settings, folder=tmp_path / "two") as two,
    ):
        yield [one, two]


async def guesses(servers: list[Server], person: Person, ledger: Ledger) -> int:
    """How many of sixteen wrong guesses at both servers were looked at; never too many."""
    answers, started = [], time.monotonic()
    for number in range(16):
        begun = time.monotonic()
        answers.append(await person.try_to_sign_in(servers[number % 2].port, "a wrong one"))
        ledger.took(begun)
    assert {it.status for it in answers} <= {401, 429}
    ledger.refused += sum(it.status == 429 for it in answers)
    looked_at = sum(it.status == 401 for it in answers)
    if looked_at > FREE + math.log2(time.monotonic() - started + 1) + 1:
        ledger.broken.append(f"{looked_at} guesses were looked at")
    return looked_at


async def told(server: Server, line: str) -> bool:
    """Whether readiness has `line`; no node is taken out for Redis."""
    ready = await ask(server.port, "GET", "/readyz")
    assert ready.status == 200
    return any(it.startswith(line) for it in str(ready.body).splitlines())


class TestRedis:
    @pytest.mark.parametrize("name", FAULTS)
    async def test_rf_15_away_leaves_limits_and_sessions(
        self, redis: RedisServer, servers: list[Server], name: str
    ) -> None:
        """RF-15, RL-10: another budget, once, and never none; sessions are not in Redis."""
        ledger, fault = Ledger(f"RF-15 Redis {name}"), FAULTS[name]
        victim, owner = [await Person.registered(servers[0].port) for _ in range(2)]
        signed_in = [await owner.sign_in(servers[0].port) for _ in range(2)]
        assert await guesses(servers, victim, ledger) >= FREE

        await asyncio.to_thread(fault.begin, redis)
        try:
            assert await guesses(servers, victim, ledger) >= FREE
            for server in servers:
                assert await told(server, fault.told)
            await self._sessions_go_on(servers, signed_in, ledger)
        finally:
            begun = time.monotonic()
            await asyncio.to_thread(fault.end, redis)
        for server in servers:
            await eventually(partial(told, server, BACK), within=5)
        ledger.recovery.append(time.monotonic() - begun)
        await guesses(servers, victim, ledger)

        ledger.close()
        assert ledger.slowest < 5, "a second on a machine of its own"

    async def _sessions_go_on(
        self, servers: list[Server], signed_in: list[SignedIn], ledger: Ledger
    ) -> None:
        one, two = servers
        kept, ended = signed_in
        for server in servers:
            for session in signed_in:
                ledger.lost += await whoami(server.port, session.access_token) != 200
        renewed = await refresh(two.port, kept.refresh_token)
        ledger.lost += renewed.status != 200
        over = await ask(one.port, "DELETE", "/sessions/current", token=ended.access_token)
        assert over.status == 204
        await eventually(lambda: refuses(two, ended), within=5)
        ledger.lost += await whoami(two.port, kept.access_token) != 200
        ledger.acknowledged += 2


async def refuses(server: Server, session: SignedIn) -> bool:
    """Whether the end of the session is known there."""
    return await whoami(server.port, session.access_token) == 401
