"""Webhooks: naming endpoints, telling them, trying them, forgetting them."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from standardwebhooks.webhooks import Webhook

from hexkey.adapters.crypto.webhook_secrets import SealedWebhookSecrets
from hexkey.application import webhooks
from hexkey.application.outbox.payloads import webhook_content
from hexkey.application.outbox.telling import Tell
from hexkey.domain.accounts.password import PasswordHash
from hexkey.domain.events import Event, EventType
from hexkey.domain.identifiers import EndpointId
from hexkey.domain.keys import UnusableKey
from hexkey.domain.outbox import MessageState
from hexkey.domain.webhooks import WEBHOOK_EVENTS, InvalidWebhook, WebhookEndpoint, WebhookNotFound
from tests.support.audits import an_audit
from tests.support.builders import a_user
from tests.support.doubles import START, CountingIds
from tests.support.issuing import SECRET, derived_keys
from tests.support.workers import ScriptedHooks, Worker

pytestmark = pytest.mark.anyio

URL = "https://hooks.example.com/in"
NOBODY = EndpointId("00000000-0000-7000-8000-0000000fffff")
SECRETS = ("$bcrypt", "whsec_", "hxk_")


@pytest.fixture
def hooks() -> ScriptedHooks:
    return ScriptedHooks()


@pytest.fixture
def worker(hooks: ScriptedHooks) -> Worker:
    return Worker(hooks=hooks)


@pytest.fixture
def add(worker: Worker) -> webhooks.AddWebhook:
    return webhooks.AddWebhook(
        endpoints=worker.boxes.endpoints,
        secrets=worker.webhook_secrets,
        ids=worker.ids,
        clock=worker.clock,
    )


async def tell(worker: Worker, event: Event) -> None:
    async with worker.boxes.store.begin() as transaction:
        await Tell(ids=worker.ids)(transaction, event)
        await transaction.commit()


class TestAddWebhook:
    async def test_returns_the_secret_once(self, add: webhooks.AddWebhook, worker: Worker) -> None:
        endpoint, secret = await add(url=URL, events=["user.created"])

        assert secret == worker.webhook_secrets.shown(endpoint)
        assert await webhooks.ListWebhooks(endpoints=worker.boxes.endpoints)() == [endpoint]
        assert secret not in repr(endpoint)

    async def test_means_every_event_when_none_is_named(self, add: webhooks.AddWebhook) -> None:
        endpoint, _ = await add(url=URL)

        assert endpoint.events == WEBHOOK_EVENTS

    @pytest.mark.parametrize(
        ("url", "events"),
        [
            ("http://hooks.example.com/", []),
            ("https://127.0.0.1/", []),
            ("http://localhost:8000/", []),
            (URL, ["user.exploded"]),
        ],
    )
    async def test_fe_06_refuses_what_could_not_be_called(
        self, add: webhooks.AddWebhook, worker: Worker, url: str, events: list[str]
    ) -> None:
        with pytest.raises(InvalidWebhook):
            await add(url=url, events=events)

        assert await worker.boxes.endpoints.all() == []

    async def test_allows_this_machine_in_development(self, add: webhooks.AddWebhook) -> None:
        endpoint, _ = await replace(add, loopback_allowed=True)(url="http://localhost:8000/")

        assert endpoint.url == "http://localhost:8000/"


class TestRemoveWebhook:
    async def test_lets_nothing_more_be_told(
        self, add: webhooks.AddWebhook, worker: Worker, hooks: ScriptedHooks
    ) -> None:
        endpoint, _ = await add(url=URL)
        await tell(worker, Event(type=EventType.USER_CREATED, user=a_user(), at=START))

        await webhooks.RemoveWebhook(
            endpoints=worker.boxes.endpoints, audit=an_audit(), clock=worker.clock
        )(id=endpoint.id)

        assert await worker.deliver_webhooks() == 0
        assert hooks.calls == []

    async def test_knows_what_there_is(self, worker: Worker) -> None:
        with pytest.raises(WebhookNotFound):
            await webhooks.RemoveWebhook(
                endpoints=worker.boxes.endpoints, audit=an_audit(), clock=worker.clock
            )(id=NOBODY)


class TestDelivery:
    @pytest.mark.parametrize("type", sorted(WEBHOOK_EVENTS))
    async def test_verifies_by_the_schemes_own_library(
        self,
        add: webhooks.AddWebhook,
        worker: Worker,
        hooks: ScriptedHooks,
        type: EventType,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        _, secret = await add(url=URL)
        await tell(worker, Event(type=type, user=a_user(email="zoë@example.com"), at=START))

        await worker.deliver_webhooks()

        [call] = hooks.calls
        monkeypatch.setattr(
            Webhook, "_Webhook__verify_timestamp", lambda _, stamp: worker.clock.now()
        )
        verified = Webhook(secret).verify(call.body, dict(call.headers))
        assert verified["type"] == type.value
        assert verified["timestamp"] == "2026-01-01T12:00:00.000Z"

    async def test_ra_09_is_repeated_with_the_same_id_and_body(
        self, add: webhooks.AddWebhook, worker: Worker, hooks: ScriptedHooks
    ) -> None:
        await add(url=URL)
        hooks.status = 500
        await tell(worker, Event(type=EventType.USER_CREATED, user=a_user(), at=START))
        await worker.deliver_webhooks()
        hooks.status = 204
        worker.clock.advance(minutes=5)
        await worker.deliver_webhooks()

        first, second = hooks.calls
        assert first.body == second.body
        assert dict(first.headers)["webhook-id"] == dict(second.headers)["webhook-id"]
        assert dict(first.headers)["webhook-timestamp"] != dict(second.headers)["webhook-timestamp"]

    async def test_ends_when_the_endpoint_is_gone(
        self, add: webhooks.AddWebhook, worker: Worker, hooks: ScriptedHooks
    ) -> None:
        await add(url=URL)
        hooks.status = 410
        await tell(worker, Event(type=EventType.USER_CREATED, user=a_user(), at=START))
        await worker.deliver_webhooks()
        worker.clock.advance(days=1)

        assert await worker.deliver_webhooks() == 0
        state = await worker.boxes.archive.page(state=MessageState.FAILED, after=None, limit=9)
        assert [it.error for it in state] == ["the endpoint answered 410"]

    async def test_is_for_those_who_asked_for_that_event(
        self, add: webhooks.AddWebhook, worker: Worker, hooks: ScriptedHooks
    ) -> None:
        await add(url=URL, events=["user.created"])
        await add(url=f"{URL}/2", events=["session.ended"])
        await tell(worker, Event(type=EventType.USER_CREATED, user=a_user(), at=START))

        await worker.deliver_webhooks()

        assert [call.url for call in hooks.calls] == [URL]


class TestPayload:
    @pytest.mark.parametrize("type", sorted(WEBHOOK_EVENTS))
    def test_lg_03_holds_no_secret(self, type: EventType) -> None:
        user = a_user(email="zoe@example.com", password=PasswordHash("$bcrypt-canary"))

        body = webhook_content(Event(type=type, user=user, at=START))["body"]

        assert not [secret for secret in SECRETS if secret in body]
        assert "canary" not in body

    def test_shows_a_user_as_their_own_account_page_does(self) -> None:
        user = a_user(username="zoe", email="zoe@example.com", erase_at=START + timedelta(days=1))

        body = webhook_content(Event(type=EventType.USER_UPDATED, user=user, at=START))["body"]

        assert json.loads(body)["data"]["user"] == {
            "id": user.id,
            "username": "zoe",
            "full_name": None,
            "picture": None,
            "email": "zoe@example.com",
            "email_verified": False,
            "status": "active",
            "roles": [],
            "created_at": "2026-01-01T12:00:00.000Z",
            "updated_at": "2026-01-01T12:00:00.000Z",
            "erase_at": "2026-01-02T12:00:00.000Z",
        }

    @pytest.mark.parametrize("type", ["session.ended", "password.changed", "user.deleted"])
    def test_names_the_user_only_where_that_is_enough(self, type: str) -> None:
        user = a_user(email="zoe@example.com")
        details = {"session_id": "s"} if type == "session.ended" else {}
        event = Event(type=EventType(type), user=user, at=START, details=details)

        body = webhook_content(event)["body"]

        assert json.loads(body)["data"] == {"user_id": user.id, **details}


class TestTestWebhook:
    @pytest.fixture
    def trial(self, worker: Worker) -> webhooks.TestWebhook:
        return webhooks.TestWebhook(
            endpoints=worker.boxes.endpoints,
            secrets=worker.webhook_secrets,
            sender=worker.hooks,
            ids=worker.ids,
            clock=worker.clock,
        )

    async def test_sends_one_signed_message_at_once(
        self, add: webhooks.AddWebhook, trial: webhooks.TestWebhook, hooks: ScriptedHooks
    ) -> None:
        endpoint, _ = await add(url=URL)

        assert (await trial(id=endpoint.id)).is_taken

        [call] = hooks.calls
        assert json.loads(call.body)["type"] == webhooks.TEST_EVENT
        assert "webhook-signature" in dict(call.headers)

    async def test_says_what_the_endpoint_said(
        self, add: webhooks.AddWebhook, trial: webhooks.TestWebhook, hooks: ScriptedHooks
    ) -> None:
        hooks.status = 500
        endpoint, _ = await add(url=URL)

        assert (await trial(id=endpoint.id)).error == "the endpoint answered 500"

    async def test_knows_what_there_is(self, trial: webhooks.TestWebhook) -> None:
        with pytest.raises(WebhookNotFound):
            await trial(id=NOBODY)


class TestResealWebhookSecrets:
    async def test_cr_05_brings_every_endpoint_under_the_new_master_secret(
        self, add: webhooks.AddWebhook, worker: Worker
    ) -> None:
        added = [await add(url=f"{URL}/{number}") for number in range(3)]
        new = b"a newer master secret, 32 octets"
        both = SealedWebhookSecrets(derived_keys(new, SECRET))
        reseal = webhooks.ResealWebhookSecrets(endpoints=worker.boxes.endpoints, secrets=both)

        assert await reseal() == 3
        assert await reseal() == 0

        after = SealedWebhookSecrets(derived_keys(new))
        stored = await worker.boxes.endpoints.all()
        assert [after.shown(it) for it in stored] == [secret for _, secret in added]

    async def test_cr_05_says_when_it_cannot(
        self, add: webhooks.AddWebhook, worker: Worker
    ) -> None:
        await add(url=URL)
        other = SealedWebhookSecrets(derived_keys(b"another master secret, 32 octets!"))

        with pytest.raises(UnusableKey):
            await webhooks.ResealWebhookSecrets(endpoints=worker.boxes.endpoints, secrets=other)()


def test_an_endpoint_does_not_show_its_secret() -> None:
    endpoint = WebhookEndpoint(
        id=EndpointId(CountingIds().new()),
        url=URL,
        events=WEBHOOK_EVENTS,
        sealed_secret=b"canary",
        created_at=START,
    )

    assert "canary" not in repr(endpoint)
