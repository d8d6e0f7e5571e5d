"""A bell by publishing and subscribing."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, NoReturn

from hexkey.application.cancelling import ended
from hexkey.application.ports.changes import ChangeBell

CHANNEL = "hexkey:state-changes"
NETWORK_TIMEOUT = timedelta(seconds=2)
HEARTBEAT = timedelta(seconds=10)  # a connection that died in silence is noticed
FIRST_PAUSE = timedelta(milliseconds=200)  # before a broken connection is made again
LONGEST_PAUSE = timedelta(seconds=10)

if TYPE_CHECKING:
    from redis.asyncio import Redis

_AGAIN = timedelta(milliseconds=100)  # the client lets go at once


class RedisBell(ChangeBell):
    """Rings in every process that has the same Redis; nothing is stored there.

    A ring is sent by `listen`, and several at the same time are one.

    Args:
        url: `redis://…`, `rediss://…` or `unix://…`.
    """

    def __init__(self, url: str) -> None:
        # Not at the top: only deployments that ring this way need the package.
        from redis import RedisError  # noqa: PLC0415
        from redis.asyncio import Redis  # noqa: PLC0415

        self._redis = Redis
        self._broken = (OSError, TimeoutError, RedisError)
        self._url = url
        self._rung = asyncio.Event()
        self._to_ring = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()
        self._to_ring.set()

    async def listen(self) -> None:
        listening = asyncio.create_task(self._listen())
        try:
            await asyncio.wait([listening])
            listening.result()  # whoever runs this begins it again when it fails
        finally:
            await ended([listening], again=_AGAIN)

    async def _listen(self) -> NoReturn:
        pause = FIRST_PAUSE
        while True:
            with suppress(*self._broken):
                async with self._client() as redis:
                    await redis.ping()
                    pause = FIRST_PAUSE
                    await self._both_ways(redis)
            await asyncio.sleep(pause.total_seconds())
            pause = min(2 * pause, LONGEST_PAUSE)

    async def wait(self, *, at_most: timedelta) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(at_most.total_seconds()):
                await self._rung.wait()
        self._rung.clear()

    async def _both_ways(self, redis: "Redis") -> None:
        directions = [
            asyncio.create_task(self._send(redis)),
            asyncio.create_task(self._hear(redis)),
        ]
        try:
            done, _ = await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
            for direction in done:
                direction.result()
        finally:
            await ended(directions, again=_AGAIN)

    async def _send(self, redis: "Redis") -> NoReturn:
        while True:
            await self._to_ring.wait()
            self._to_ring.clear()
            await redis.publish(CHANNEL, b"")

    async def _hear(self, redis: "Redis") -> NoReturn:
        async with redis.pubsub() as subscription:
            await subscription.subscribe(CHANNEL)
            self._rung.set()  # whatever rang before was not heard
            while True:
                heard = await subscription.get_message(
                    ignore_subscribe_messages=True, timeout=HEARTBEAT.total_seconds()
                )
                if heard is not None:
                    self._rung.set()

    def _client(self) -> "Redis":
        seconds = NETWORK_TIMEOUT.total_seconds()
        return self._redis.from_url(
            self._url,
            socket_timeout=seconds,
            socket_connect_timeout=seconds,
            health_check_interval=HEARTBEAT.total_seconds(),
        )
