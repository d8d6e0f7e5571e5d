"""What `WebhookEndpoints` promises, and `Outbox.subscribers`, which reads them."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from hexkey.application.ports.accounts import AccountStore
from hexkey.application.ports.outbox import OutboxArchive
from hexkey.application.ports.webhooks import WebhookEndpoints
from hexkey.domain.events import EventType
from hexkey.domain.identifiers import EndpointId
from hexkey.domain.outbox import Channel
from hexkey.domain.webhooks import MAX_URL_LENGTH, MOST_ENDPOINTS, WEBHOOK_EVENTS, InvalidWebhook
from tests.contracts.outbox import queued
from tests.support.builders import a_message, an_endpoint, an_id
from tests.support.doubles import START

TICK = timedelta(milliseconds=1)


async def subscribers(store: AccountStore, event: EventType) -> Sequence[EndpointId]:
    """Who is to be told, as a new transaction sees it."""
    async with store.begin() as transaction:
        return await transaction.outbox.subscribers(event)


class WebhookEndpointsContract(ABC):
    """Subclass as `TestXxxWebhookEndpoints` and provide the fixtures."""

    @abstractmethod
    def store(self) -> AccountStore: ...

    @abstractmethod
    def archive(self) -> OutboxArchive: ...

    @abstractmethod
    def endpoints(self) -> WebhookEndpoints:
        """Those of `store`."""

    async def test_gives_back_exactly_what_was_added_the_oldest_first(
        self, endpoints: WebhookEndpoints
    ) -> None:
        late = an_endpoint(*WEBHOOK_EVENTS, now=START + TICK)
        early = replace(an_endpoint(EventType.USER_DELETED), url="https://" + "u" * 2040)
        assert len(early.url) == MAX_URL_LENGTH
        for endpoint in (late, early):
            await endpoints.add(endpoint)

        assert await endpoints.all() == [early, late]
        assert await endpoints.find(late.id) == late
        assert await endpoints.find(EndpointId(an_id())) is None

    async def test_tells_who_wants_to_hear_of_an_event(
        self, store: AccountStore, endpoints: WebhookEndpoints
    ) -> None:
        every = an_endpoint(*WEBHOOK_EVENTS)
        some = an_endpoint(EventType.USER_DELETED, EventType.USER_CREATED)
        for endpoint in (every, some):
            await endpoints.add(endpoint)

        for event in EventType:
            wanted = [it.id for it in (every, some) if event in it.events]
            assert await subscribers(store, event) == wanted

    async def test_refuses_one_too_many_also_of_many_at_once(
        self, endpoints: WebhookEndpoints
    ) -> None:
        many = [an_endpoint() for _ in range(MOST_ENDPOINTS + 5)]

        outcomes = await asyncio.gather(*(endpoints.add(it) for it in many), return_exceptions=True)

        assert [type(it) for it in outcomes if it] == [InvalidWebhook] * 5
        assert len(await endpoints.all()) == MOST_ENDPOINTS

    async def test_forgets_an_endpoint_and_what_is_queued_for_it(
        self, store: AccountStore, archive: OutboxArchive, endpoints: WebhookEndpoints
    ) -> None:
        gone, stays = an_endpoint(), an_endpoint()
        for endpoint in (gone, stays):
            await endpoints.add(endpoint)
        queued_for_it = a_message(channel=Channel.WEBHOOK, recipient=gone.id)
        others = [
            a_message(channel=Channel.WEBHOOK, recipient=gone.id).done(),
            a_message(channel=Channel.WEBHOOK, recipient=stays.id),
            a_message(recipient=gone.id),
        ]
        await queued(store, queued_for_it, *others)

        assert await endpoints.remove(gone.id)

        assert not await endpoints.remove(gone.id)
        assert await endpoints.all() == [stays]
        assert await subscribers(store, EventType.USER_CREATED) == [stays.id]
        assert await archive.find(queued_for_it.id) is None
        assert [await archive.find(it.id) for it in others] == others

    @pytest.mark.parametrize("meanwhile", ["nothing", "resealed", "removed"])
    async def test_seals_anew_what_nobody_else_has_changed(
        self, endpoints: WebhookEndpoints, meanwhile: str
    ) -> None:
        old = an_endpoint(EventType.USER_DELETED, EventType.USER_CREATED)
        await endpoints.add(old)
        if meanwhile == "resealed":
            assert await endpoints.reseal(old, b"faster")
        if meanwhile == "removed":
            assert await endpoints.remove(old.id)
        before = await endpoints.find(old.id)

        done = await endpoints.reseal(old, b"\x00new")

        assert done is (meanwhile == "nothing")
        after = replace(old, sealed_secret=b"\x00new") if done else before
        assert await endpoints.find(old.id) == after
