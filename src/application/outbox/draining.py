"""Taking messages out of the outbox: several at once, each one at least once."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from hexkey.application.cancelling import ended
from hexkey.application.ports.outbox import DelayedDelivery, OutboxQueue, RefusedDelivery
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
LETTING_GO = timedelta(seconds=1)  # more than breaking off an attempt takes
_SETTLE_TRIES = 30  # when the store is away; what has left must not leave again for that

_log = logging.getLogger("hexkey.outbox")

PREPARED_AT_ONCE = 25  # messages, in one transaction

What = TypeVar("What")  # is known of a message when it has been prepared
_Items = list[tuple[Message, What | Exception | None]]
Prepare = Callable[[Sequence[Message], datetime], Awaitable[Mapping[MessageId, What]]]
Attempt = Callable[[Message, What, datetime], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain(Generic[What]):
    """Empties one channel.

    Attributes:
        prepare: finds out what sending some messages takes; those that it leaves out are for
            nobody any more.
        attempt: sends one of them.
        lanes: how many are sent at the same time.
    """

    channel: Channel
    queue: OutboxQueue
    prepare: Prepare[What]
    attempt: Attempt[What]
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
        supply = _Supply(waiting=waiting, prepare=self.prepare, clock=self.clock)
        last_start = self.clock.monotonic() + (LEASE - LONGEST_ATTEMPT).total_seconds()
        many = min(self.lanes, len(waiting))
        lanes = [asyncio.create_task(self._lane(supply, ledger, last_start)) for _ in range(many)]
        tries = 1  # a worker that is stopped does not wait for the store
        try:
            await asyncio.wait(lanes, return_when=asyncio.FIRST_EXCEPTION)
            tries = _SETTLE_TRIES
        finally:
            await supply.close()  # no lane begins anything more
            await asyncio.wait(lanes, timeout=GRACE.total_seconds())
            await ended(lanes, again=LETTING_GO)  # others will send it again
            await ledger.close(tries=tries)
        for lane in lanes:
            lane.result()  # what ended it, if anything did
        return ledger.entries

    async def _lane(self, supply: "_Supply[What]", ledger: "_Ledger", last_start: float) -> None:
        # What is taken too late is not tried, and given back with the rest.
        while (item := await supply.next()) and self.clock.monotonic() <= last_start:
            await ledger.enter(await self._tried(*item))

    async def _tried(self, message: Message, what: "What | Exception | None") -> Message:
        """What has become of `message`; nothing that goes wrong with one may stop the others."""
        now = self.clock.now()
        if message.is_expired(now=now):
            return message.failed("expired before it could leave")
        if isinstance(what, Exception):
            return self._later(message, self._reason(what))
        try:
            async with asyncio.timeout(LONGEST_ATTEMPT.total_seconds()):
                if what is not None:
                    await self.attempt(message, what, now)
        except RefusedDelivery as refusal:
            return message.failed(str(refusal))
        except Exception as error:  # noqa: BLE001 - what is unexpected is told, and tried again
            return self._later(message, self._reason(error))
        return message.done()

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
class _Supply(Generic[What]):
    """Hands out the messages of one claim, prepared a few at a time."""

    waiting: "deque[Message]"
    prepare: Prepare[What]
    clock: Clock
    _ready: "deque[tuple[Message, What | Exception | None]]" = field(default_factory=deque)
    _coming: "asyncio.Task[_Items[What]] | None" = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def next(self) -> "tuple[Message, What | Exception | None] | None":
        """A message with what is known of it: `None` for nobody's, an error if that failed."""
        async with self._turn:
            if not self._ready:
                coming, self._coming = self._coming or self._begun(), None
                self._ready.extend(await coming)
                if self.waiting:  # so that the store works while mail servers do
                    self._coming = self._begun()
            return self._ready.popleft() if self._ready else None

    async def close(self) -> None:
        """Hand out nothing more."""
        self.waiting.clear()
        self._ready.clear()
        if self._coming is not None:
            await ended([self._coming], again=LETTING_GO)

    def _begun(self) -> "asyncio.Task[_Items[What]]":
        many = min(PREPARED_AT_ONCE, len(self.waiting))
        some = [self.waiting.popleft() for _ in range(many)]
        return asyncio.create_task(self._prepared(some))

    async def _prepared(self, some: Sequence[Message]) -> "_Items[What]":
        now = self.clock.now()
        wanted = [message for message in some if not message.is_expired(now=now)]
        try:
            found = await self.prepare(wanted, now) if wanted else {}
        except Exception as error:  # noqa: BLE001 - raised again for the message at fault
            if len(some) == 1:
                return [(some[0], error)]
            # One of them is at fault, or another transaction was in the way of one.
            return [each for message in some for each in await self._prepared([message])]
        return [(message, found.get(message.id)) for message in some]


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


def origin_of(error: BaseException) -> str:
    """The kind of an error and the line that raised it, without its words."""
    place, trace = "?", error.__traceback__
    while trace is not None:
        place = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} at {place}"
