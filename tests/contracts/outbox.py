"""What `Outbox` promises, and `OutboxArchive`, in which what was added can be seen."""

import asyncio
from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from hexkey.application.ports.accounts import AccountStore
from hexkey.application.ports.outbox import Arrivals, OutboxArchive, RecentMail
from hexkey.domain.accounts.user import User
from hexkey.domain.events import EventType
from hexkey.domain.identifiers import MessageId, UserId
from hexkey.domain.outbox import Channel, Message, MessageState
from tests.contracts.account_store import added
from tests.contracts.arrivals import hears
from tests.support.builders import a_message, a_user, an_id
from tests.support.doubles import START

TICK = timedelta(milliseconds=1)
LATER = START + timedelta(minutes=1)
HOUR_AGO = START - timedelta(hours=1)
AWKWARD = {
    "\x00": "\x00\x01\x1f\x7f",
    "words": "\ud800 \u2028 \U0001f511 \" ' \\ %00 \u0130",
    "": "",
}

EVERY_SHAPE = [
    a_message(),
    a_message(content=AWKWARD, language="de-CH-1996", network="2001:db8::/64"),
    a_message(content={"long": "\U0001f511" * 5000}),
    a_message(channel=Channel.WEBHOOK, recipient=an_id(), kind="k" * 64, user=UserId(an_id())),
    a_message(recipient="a" * 320, attempts=7, due_at=LATER),
    a_message().done(),
    a_message(content={"a": "b"}).failed("\x00 refused\r\n" + "\U0001f511" * 1000 + "\ud800"),
    a_message().delayed("\x00\x07\ud800" * 500, now=START, dice=0.5),
]


async def queued(store: AccountStore, *messages: Message) -> None:
    """Add `messages`, for good."""
    async with store.begin() as transaction:
        for message in messages:
            await transaction.outbox.add(message)
        await transaction.commit()


async def recent(
    store: AccountStore,
    recipient_key: str,
    *,
    kind: str = "password_reset",
    network: str | None = None,
) -> RecentMail:
    """What was asked for in the hour before `START`."""
    async with store.begin() as transaction:
        return await transaction.outbox.recent(
            kind=kind, recipient_key=recipient_key, network=network, since=HOUR_AGO
        )


class OutboxContract(ABC):
    """Subclass as `TestXxxOutbox` and provide the fixtures."""

    @abstractmethod
    def store(self) -> AccountStore: ...

    @abstractmethod
    def archive(self) -> OutboxArchive:
        """Shows what `store` has committed."""

    @pytest.mark.parametrize("message", EVERY_SHAPE, ids=lambda it: it.id[-3:])
    async def test_keeps_exactly_what_was_added(
        self, store: AccountStore, archive: OutboxArchive, message: Message
    ) -> None:
        await queued(store, message)

        assert await archive.find(message.id) == message

    async def test_forgets_what_was_not_committed(
        self, store: AccountStore, archive: OutboxArchive
    ) -> None:
        message = a_message()
        async with store.begin() as transaction:
            await transaction.outbox.add(message)
            assert await archive.find(message.id) is None

        assert await archive.find(message.id) is None

    @abstractmethod
    def arrivals(self) -> Arrivals:
        """What `store` tells of."""

    async def test_tells_the_worker_after_a_commit_that_queued_something(
        self, store: AccountStore, arrivals: Arrivals
    ) -> None:
        await added(store, a_user())
        async with store.begin() as transaction:
            await transaction.outbox.add(a_message())
        assert not await hears(arrivals, Channel.MAIL)

        async with store.begin() as transaction:
            await transaction.outbox.add(a_message())
            assert not await hears(arrivals, Channel.MAIL)
            await transaction.commit()

        assert [await hears(arrivals, channel) for channel in Channel] == [True, True]

    async def test_rl_11_counts_what_was_asked_for(self, store: AccountStore) -> None:
        """RL-11: for that address and by that network, since that instant, latest first."""
        instants = [HOUR_AGO - TICK, HOUR_AGO, START - TICK, START]
        for at, (address, network) in product(instants, product("ab", ("n", "m", None))):
            await queued(store, a_message(recipient=address, network=network, now=at))
        await queued(
            store,
            a_message(recipient="a", network="n", user=UserId(an_id())),
            a_message(recipient="a", network="n", channel=Channel.WEBHOOK),
        )

        found = await recent(store, "a", network="n")

        counted = [START, START - TICK, HOUR_AGO]
        assert list(found.to_recipient) == [at for at in counted for _ in range(3)]
        assert list(found.from_network) == [at for at in counted for _ in range(2)]
        assert not (await recent(store, "a")).from_network
        assert await recent(store, "c", network="o") == RecentMail([], [], [])

    async def test_rl_11_tells_those_of_the_same_kind_apart(self, store: AccountStore) -> None:
        await queued(store, a_message(recipient="a", kind="verification", now=START - TICK))
        await queued(store, a_message(recipient="a", kind="password_reset", now=START))

        found = await recent(store, "a", kind="verification")

        assert found == RecentMail([START, START - TICK], [START - TICK], [])

    async def test_rl_11_counts_what_has_left_or_failed_as_well(self, store: AccountStore) -> None:
        messages = [a_message(recipient="a") for _ in range(3)]
        await queued(store, messages[0], messages[1].done(), messages[2].failed("550"))

        assert len((await recent(store, "a")).to_recipient) == 3

    async def test_rl_11_counts_what_the_same_transaction_has_added(
        self, store: AccountStore
    ) -> None:
        async with store.begin() as transaction:
            await transaction.outbox.add(a_message(recipient="a", network="n"))
            found = await transaction.outbox.recent(
                kind=a_message().kind, recipient_key="a", network="n", since=HOUR_AGO
            )

        assert found == RecentMail([START], [START], [START])

    @pytest.mark.parametrize("shared", ["recipient", "network"])
    async def test_rl_11_of_fifty_requests_at_once_no_more_pass_than_may(
        self, store: AccountStore, archive: OutboxArchive, shared: str
    ) -> None:
        """RL-11: who counts is alone until the end of the transaction."""

        async def ask(number: int) -> None:
            address = "a" if shared == "recipient" else str(number)
            network = "n" if shared == "network" else str(number)
            async with store.begin() as transaction:
                found = await transaction.outbox.recent(
                    kind="a", recipient_key=address, network=network, since=HOUR_AGO
                )
                if len(found.to_recipient) < 5 and len(found.from_network) < 5:
                    message = a_message(recipient=address, network=network)
                    await transaction.outbox.add(message)
                await transaction.commit()

        await asyncio.gather(*map(ask, range(50)))

        assert len(await archive.page(state=None, after=None, limit=100)) == 5

    async def test_shows_what_is_about_a_user_the_oldest_first(self, store: AccountStore) -> None:
        ann = a_user(email="Ann@example.com", email_verified=True)
        asked = a_message(recipient="ann@example.com", now=LATER)
        told = a_message(user=ann.id)
        await queued(
            store,
            asked,
            told,
            a_message(),
            a_message(user=UserId(an_id()), recipient="ann@example.com"),
            a_message(channel=Channel.WEBHOOK, recipient="ann@example.com"),
        )

        assert await self.about(store, ann) == [told, asked]
        assert await self.about(store, replace(ann, email_verified=False)) == [told]
        assert await self.about(store, a_user()) == []

    async def about(self, store: AccountStore, user: User) -> list[Message]:
        """What a new transaction finds."""
        async with store.begin() as transaction:
            found = await transaction.outbox.about(user)
        assert all(message.concerns(user) for message in found)
        return list(found)

    async def test_knows_no_subscribers_where_there_are_no_endpoints(
        self, store: AccountStore
    ) -> None:
        async with store.begin() as transaction:
            for event in EventType:
                assert await transaction.outbox.subscribers(event) == []


class OutboxArchiveContract(ABC):
    """Subclass as `TestXxxOutboxArchive` and provide the fixtures."""

    @abstractmethod
    def store(self) -> AccountStore: ...

    @abstractmethod
    def archive(self) -> OutboxArchive:
        """Shows what `store` has committed."""

    @pytest.mark.parametrize("state", [None, *MessageState])
    @pytest.mark.parametrize("size", [1, 2, 3, 100])
    async def test_shows_each_message_on_one_page_the_latest_first(
        self, store: AccountStore, archive: OutboxArchive, state: MessageState | None, size: int
    ) -> None:
        first, second, third = (a_message() for _ in range(3))
        messages = [first, second.done(), third.failed("550"), *(a_message() for _ in range(3))]
        await queued(store, *reversed(messages))

        found: list[Message] = []
        after: MessageId | None = None
        while page := await archive.page(state=state, after=after, limit=size):
            assert len(page) <= size
            found += page
            after = page[-1].id

        assert found == [it for it in reversed(messages) if state in (None, it.state)]

    async def test_finds_nothing_under_an_unknown_id(self, archive: OutboxArchive) -> None:
        assert await archive.find(MessageId(an_id())) is None

    async def test_replaces_what_is_as_it_was(
        self, store: AccountStore, archive: OutboxArchive
    ) -> None:
        message = a_message(content={"a": "b"})
        failed = message.failed("550 no")
        again = failed.hurried(now=LATER, expires_at=LATER + timedelta(days=1))
        await queued(store, message)

        assert await archive.replace(message, failed)
        assert await archive.find(message.id) == failed
        assert await archive.replace(failed, again)
        assert await archive.find(message.id) == again

    async def test_does_not_replace_what_has_moved_on(
        self, store: AccountStore, archive: OutboxArchive
    ) -> None:
        message = a_message()
        tried = message.delayed("451 later", now=START, dice=0.5)
        await queued(store, tried)

        assert not await archive.replace(message, message.failed("dropped"))
        assert not await archive.replace(replace(tried, state=MessageState.FAILED), message)
        assert not await archive.replace(a_message(), a_message())
        assert await archive.find(message.id) == tried

    async def test_tells_how_the_outbox_does(
        self, store: AccountStore, archive: OutboxArchive
    ) -> None:
        due, later = a_message(due_at=START - TICK), a_message(due_at=START + TICK)
        await queued(store, due, later, a_message().done(), a_message().failed("550"))

        early = await archive.state(now=START - 2 * TICK)
        now = await archive.state(now=START)

        assert (early.queued, early.oldest_due, early.failed) == (2, None, 1)
        assert (now.queued, now.oldest_due, now.failed) == (2, START - TICK, 1)

    async def test_tells_of_an_empty_outbox(self, archive: OutboxArchive) -> None:
        state = await archive.state(now=START)

        assert (state.queued, state.oldest_due, state.failed) == (0, None, 0)
