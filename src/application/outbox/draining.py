"""Taking messages out of the outbox: several at once, each one at least once."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hexkey.application.ports.outbox import OutboxQueue
from hexkey.application.ports.system import Clock, Dice
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.identifiers import MessageId
from hexkey.domain.outbox import Channel, Message

BATCH = 100  # messages claimed at once
LEASE = timedelta(minutes=5)  # of a claim; after a crash others wait no longer
LONGEST_ATTEMPT = timedelta(minutes=1)  # at one message; senders give up earlier by themselves
SETTLE_AFTER = 25  # attempts; what a crash makes leave a second time is no more than these
SETTLE_WITHIN = timedelta(seconds=1)  # of an attempt, while others go on
GRACE = timedelta(seconds=3)  # for attempts under way when the worker is stopped
_SETTLE_TRIES = 30  # when the store is away; what has left must not leave again for that

_log = logging.getLogger("hexkey.outbox")

Attempt = Callable[[Message, datetime], Awaitable[Message]]


class DelayedDelivery(Exception):
    """To be tried again later; the message says why, without any secret."""


class RefusedDelivery(Exception):
    """Not to be tried again; the message says why, without any secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain:
    """Empties one channel.

    Attributes:
        attempt: sends one message, and returns what has become of it.
        lanes: how many are sent at the same time.
    """

    channel: Channel
    queue: OutboxQueue
    attempt: Attempt
    clock: Clock
    dice: Dice
    lanes: int

    async def __call__(self, *, holder: str) -> int:
        """Try every message that is due, and return how many there were.

        Raises:
            TemporarilyUnavailable: if the store is away.
        """
        tried = 0
        while batch := await self._claimed(holder):
            tried += await self._work(batch, holder)
        return tried

    async def _claimed(self, holder: str) -> "deque[Message]":
        now = self.clock.now()
        claimed = await self.queue.claim(
            self.channel, holder=holder, now=now, until=now + LEASE, limit=BATCH
        )
        return deque(claimed)

    async def _work(self, waiting: "deque[Message]", holder: str) -> int:
        """Try what was claimed; whatever happens, nothing stays in our hands."""
        ledger = _Ledger(queue=self.queue, holder=holder, clock=self.clock)
        last_start = self.clock.monotonic() + (LEASE - LONGEST_ATTEMPT).total_seconds()
        many = min(self.lanes, len(waiting))
        lanes = [asyncio.create_task(self._lane(waiting, ledger, last_start)) for _ in range(many)]
        tries = 1  # a worker that is stopped does not wait for the store
        try:
            await asyncio.wait(lanes, return_when=asyncio.FIRST_EXCEPTION)
            tries = _SETTLE_TRIES
        finally:
            waiting.clear()  # no lane begins anything more
            await _ended(lanes)
            await ledger.close(tries=tries)
        for lane in lanes:
            lane.result()  # what ended it, if anything did
        return ledger.entries

    async def _lane(self, waiting: "deque[Message]", ledger: "_Ledger", last_start: float) -> None:
        while waiting and self.clock.monotonic() <= last_start:
            await ledger.enter(await self._tried(waiting.popleft()))

    async def _tried(self, message: Message) -> Message:
        """What has become of `message`; nothing that goes wrong with one may stop the others."""
        now = self.clock.now()
        if message.is_expired(now=now):
            return message.failed("expired before it could leave")
        try:
            async with asyncio.timeout(LONGEST_ATTEMPT.total_seconds()):
                return await self.attempt(message, now)
        except RefusedDelivery as refusal:
            return message.failed(str(refusal))
        except Exception as error:  # noqa: BLE001 - what is unexpected is told, and tried again
            return self._later(message, self._reason(error))

    def _reason(self, error: Exception) -> str:
        match error:
            case DelayedDelivery():
                return str(error)
            case TimeoutError():
                return "took too long"
            case TemporarilyUnavailable():
                return "the store was away"
            case _:
                # Not the error's own words: they may hold what the message says.
                where = origin_of(error)
                _log.error("a %s message could not be sent: %s", self.channel.value, where)
                return f"unexpected {type(error).__name__}"

    def _later(self, message: Message, why: str) -> Message:
        return message.delayed(why, now=self.clock.now(), dice=self.dice.throw())


@dataclass(slots=True, kw_only=True)
class _Ledger:
    """What has become of the messages of one claim, until the store knows."""

    queue: OutboxQueue
    holder: str
    clock: Clock
    entries: int = 0
    _open: dict[MessageId, Message] = field(default_factory=dict)
    _since: float = 0.0

    async def enter(self, message: Message) -> None:
        """Note it, and settle when enough has come together."""
        now = self.clock.monotonic()
        if not self._open:
            self._since = now
        self._open[message.id] = message
        self.entries += 1
        waited = now - self._since
        if len(self._open) >= SETTLE_AFTER or waited >= SETTLE_WITHIN.total_seconds():
            await self._settle()

    async def close(self, *, tries: int) -> None:
        """Settle the rest, and give back what was not tried."""
        await self._settle(tries)
        await self.queue.release(holder=self.holder)

    async def _settle(self, tries: int = _SETTLE_TRIES) -> None:
        for left in reversed(range(tries)):
            batch, self._open = self._open, {}
            try:
                if batch:
                    await self.queue.settle(tuple(batch.values()), holder=self.holder)
            except TemporarilyUnavailable as outage:
                self._open = batch | self._open
                if not left:
                    raise
                await asyncio.sleep(outage.retry_after.total_seconds())
            except BaseException:
                self._open = batch | self._open  # `close` tries once more
                raise
            else:
                return


async def _ended(lanes: "list[asyncio.Task[None]]") -> None:
    """Wait a little for what is under way; then end it, and others will send it again."""
    _, late = await asyncio.wait(lanes, timeout=GRACE.total_seconds())
    for lane in late:
        lane.cancel()
    await asyncio.gather(*lanes, return_exceptions=True)


def origin_of(error: BaseException) -> str:
    """The kind of an error and the line that raised it, without its words."""
    place, trace = "?", error.__traceback__
    while trace is not None:
        place = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} at {place}"
