"""What `OutboxQueue` promises."""

import asyncio
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from hexkey.application.ports.accounts import AccountStore
from hexkey.application.ports.outbox import OutboxArchive, OutboxQueue
from hexkey.domain.identifiers import MessageId
from hexkey.domain.outbox import Channel, Message, MessageState
from tests.contracts.outbox import AWKWARD, queued
from tests.support.builders import a_message, an_id
from tests.support.doubles import START

TICK = timedelta(milliseconds=1)
LATER = START + timedelta(minutes=1)
LEASE = timedelta(minutes=5)
Outcome = Callable[[Message], Message]

ANN, BOB = an_id(), an_id()


async def claimed(
    queue: OutboxQueue,
    holder: str,
    *,
    now: datetime = START,
    limit: int = 100,
    channel: Channel = Channel.MAIL,
) -> list[Message]:
    """What a worker gets at `now`, for the length of a lease."""
    until = now + LEASE
    return list(await queue.claim(channel, holder=holder, now=now, until=until, limit=limit))


class OutboxQueueContract(ABC):
    """Subclass as `TestXxxOutboxQueue` and provide the fixtures."""

    @abstractmethod
    def store(self) -> AccountStore: ...

    @abstractmethod
    def archive(self) -> OutboxArchive: ...

    @abstractmethod
    def queue(self) -> OutboxQueue:
        """Works on what `store` has committed."""

    async def test_gives_out_what_is_due_the_longest_due_first(
        self, store: AccountStore, queue: OutboxQueue
    ) -> None:
        due = [a_message(due_at=START - n * TICK) for n in range(4)]
        rest = [
            a_message(due_at=START + TICK),
            a_message().done(),
            a_message().failed("550"),
            a_message(channel=Channel.WEBHOOK),
        ]
        await queued(store, *due, *rest)

        assert await claimed(queue, ANN, limit=3) == due[:0:-1]
        assert await claimed(queue, BOB) == due[:1]
        assert await claimed(queue, BOB) == []
        assert await claimed(queue, BOB, channel=Channel.WEBHOOK) == [rest[-1]]
        assert await claimed(queue, BOB, now=START + TICK) == [rest[0]]

    async def test_gives_out_what_has_expired_as_well(
        self, store: AccountStore, queue: OutboxQueue
    ) -> None:
        """Somebody must write down that it came too late."""
        late = a_message(expires_at=START)
        await queued(store, late)

        assert await claimed(queue, ANN, now=LATER) == [late]

    async def test_ra_09_nobody_else_is_given_it_before_the_lease_ends(
        self, store: AccountStore, queue: OutboxQueue
    ) -> None:
        """RA-09: after a crash another one is, and it is the same message, so it repeats."""
        message = a_message(content={"a": "b"})
        await queued(store, message)

        assert await claimed(queue, ANN) == [message]
        assert await claimed(queue, BOB, now=START + LEASE - TICK) == []
        assert await claimed(queue, ANN, now=START + LEASE - TICK) == []
        assert await claimed(queue, BOB, now=START + LEASE) == [message]

    async def test_a_poisonous_message_does_not_keep_others_waiting(
        self, store: AccountStore, queue: OutboxQueue
    ) -> None:
        """Whoever gets it dies of it: those that fell due meanwhile come first."""
        poison, meanwhile = a_message(), a_message(due_at=LATER)
        await queued(store, poison, meanwhile)
        assert await claimed(queue, ANN) == [poison]

        assert await claimed(queue, BOB, now=START + LEASE, limit=1) == [meanwhile]
        assert await claimed(queue, BOB, now=START + LEASE, limit=1) == [poison]

    @pytest.mark.parametrize(
        "outcome",
        [
            lambda it: it.done(),
            lambda it: it.failed("\x00 550\r\n\ud800 " + "\U0001f511" * 1000),
            lambda it: it.delayed("451", now=START, dice=0.5),
        ],
        ids=["done", "failed", "delayed"],
    )
    async def test_stores_what_has_become_of_a_message(
        self, store: AccountStore, queue: OutboxQueue, archive: OutboxArchive, outcome: Outcome
    ) -> None:
        message = a_message(content=AWKWARD)
        await queued(store, message)
        await claimed(queue, ANN)
        settled = outcome(message)
        await queue.settle([settled], holder=ANN)

        assert await archive.find(message.id) == settled
        again = await claimed(queue, BOB, now=settled.due_at)
        assert again == ([settled] if settled.state is MessageState.QUEUED else [])

    async def test_stores_nothing_else_of_it(
        self, store: AccountStore, queue: OutboxQueue, archive: OutboxArchive
    ) -> None:
        """What counts mail to an address must not change because a worker knows more."""
        message = a_message(network="n")
        await queued(store, message)
        await claimed(queue, ANN)
        other = a_message(user=None, language="de", network="m", kind="other", channel=Channel.MAIL)
        await queue.settle([replace(other, id=message.id).done()], holder=ANN)

        assert await archive.find(message.id) == message.done()

    async def test_settles_nothing_that_somebody_else_has_claimed_or_dropped(
        self, store: AccountStore, queue: OutboxQueue, archive: OutboxArchive
    ) -> None:
        lost, dropped, kept = (a_message() for _ in range(3))
        await queued(store, lost, dropped, kept)
        await claimed(queue, ANN)
        assert await archive.replace(dropped, dropped.failed("dropped"))
        await claimed(queue, BOB, now=START + LEASE)
        await queue.settle([it.done() for it in (lost, dropped, kept)], holder=ANN)
        assert await archive.find(lost.id) == lost
        assert await archive.find(dropped.id) == dropped.failed("dropped")

        await queue.settle([kept.done(), lost.delayed("451", now=LATER, dice=0)], holder=BOB)

        assert await archive.find(kept.id) == kept.done()
        assert await archive.find(lost.id) == lost.delayed("451", now=LATER, dice=0)

    async def test_settles_nothing_that_was_not_claimed_or_is_not_there(
        self, store: AccountStore, queue: OutboxQueue, archive: OutboxArchive
    ) -> None:
        message = a_message()
        await queued(store, message)
        await queue.settle([message.done(), a_message().done()], holder=ANN)
        await queue.settle([], holder=ANN)

        assert await archive.find(message.id) == message
        assert await archive.state(now=START) == await archive.state(now=START)

    async def test_settling_twice_is_settling_once(
        self, store: AccountStore, queue: OutboxQueue, archive: OutboxArchive
    ) -> None:
        message = a_message()
        await queued(store, message)
        await claimed(queue, ANN)
        await queue.settle([message.done()], holder=ANN)
        await queue.settle([message.failed("no")], holder=ANN)

        assert await archive.find(message.id) == message.done()

    async def test_gives_back_untried_what_a_worker_leaves(
        self, store: AccountStore, queue: OutboxQueue
    ) -> None:
        tried, untried, of_bob = (a_message() for _ in range(3))
        await queued(store, tried, untried)
        await claimed(queue, ANN)
        await queued(store, of_bob)
        await claimed(queue, BOB)
        await queue.settle([tried.delayed("451", now=START, dice=0.5)], holder=ANN)
        await queue.release(holder=ANN)

        assert await claimed(queue, BOB) == [untried]
        assert len(await claimed(queue, ANN, now=LATER + TICK)) == 1

    async def test_an_operator_takes_it_out_of_the_hands_of_a_worker(
        self, store: AccountStore, queue: OutboxQueue, archive: OutboxArchive
    ) -> None:
        message = a_message()
        await queued(store, message)
        await claimed(queue, ANN)
        hurried = message.hurried(now=START, expires_at=message.expires_at)
        assert await archive.replace(message, hurried)

        assert await claimed(queue, BOB) == [hurried]

    @pytest.mark.parametrize("channel", Channel)
    async def test_ra_09_eight_workers_claim_each_of_five_hundred_messages_once(
        self, store: AccountStore, queue: OutboxQueue, archive: OutboxArchive, channel: Channel
    ) -> None:
        """RA-09: and all of them leave."""
        messages = [a_message(channel=channel) for _ in range(500)]
        await queued(store, *messages)
        seen: Counter[MessageId] = Counter()

        async def work() -> None:
            holder = an_id()
            while batch := await self.batch(queue, holder, channel):
                seen.update(it.id for it in batch)
                await queue.settle([it.done() for it in batch], holder=holder)

        await asyncio.gather(*(work() for _ in range(8)))

        assert seen == Counter(it.id for it in messages)
        assert (await archive.state(now=START)).queued == 0

    async def batch(self, queue: OutboxQueue, holder: str, channel: Channel) -> Sequence[Message]:
        """At most 25 messages, and never more."""
        found = await claimed(queue, holder, limit=25, channel=channel)
        assert len(found) <= 25
        return found
