"""Workers over stores of one's choice, and senders that do as they are told."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.crypto.one_time_secrets import KeyedOneTimeSecrets
from hexkey.adapters.crypto.system import SystemSecrets
from hexkey.adapters.crypto.webhook_secrets import SealedWebhookSecrets
from hexkey.adapters.mail.jinja_writer import JinjaLetters
from hexkey.adapters.memory.arrivals import InProcessArrivals
from hexkey.adapters.memory.outbox_archive import MemoryOutboxArchive
from hexkey.adapters.memory.outbox_queue import MemoryOutboxQueue
from hexkey.adapters.memory.store import MemoryStore
from hexkey.adapters.memory.webhook_endpoints import MemoryWebhookEndpoints
from hexkey.adapters.sql.outbox_archive import SqlOutboxArchive
from hexkey.adapters.sql.outbox_queue import SqlOutboxQueue
from hexkey.adapters.sql.store import SqlStore
from hexkey.adapters.sql.webhook_endpoints import SqlWebhookEndpoints
from hexkey.adapters.unicode.email_addresses import ValidatedAddresses
from hexkey.adapters.useragent.device_names import ParsedDeviceNames
from hexkey.application.accounts.mail_requests import AskForMail, RequestKind, RequestMail
from hexkey.application.outbox.delivering import DeliverMail, DeliverWebhooks
from hexkey.application.outbox.preparing import PrepareMail
from hexkey.application.ports.accounts import AccountStore
from hexkey.application.ports.mail import Mail, MailDelayed, MailSender
from hexkey.application.ports.outbox import Arrivals, OutboxArchive, OutboxQueue
from hexkey.application.ports.webhooks import (
    WebhookCall,
    WebhookDelayed,
    WebhookEndpoints,
    WebhookRefused,
    WebhookSender,
)
from hexkey.domain.accounts.user import User
from hexkey.domain.identifiers import MessageId
from hexkey.domain.outbox import Channel, Message
from tests.support.builders import an_id
from tests.support.doubles import START, CountingIds, FrozenClock, LoadedDice
from tests.support.issuing import derived_keys

PAGES = "https://auth.example/root/account"


def a_message(
    kind: str = "password_changed",
    *,
    to: str = "zoe@example.com",
    channel: Channel = Channel.MAIL,
    user: User | None = None,
    content: Mapping[str, str] | None = None,
    now: datetime = START,
    lasts: timedelta = timedelta(days=3),
    **facts: Any,
) -> Message:
    """A message that is due now."""
    return Message(
        id=MessageId(an_id()),
        channel=channel,
        kind=kind,
        recipient=to,
        recipient_key=to.lower(),
        user=user.id if user else None,
        content=content or {},
        created_at=now,
        due_at=now,
        expires_at=now + lasts,
        **facts,
    )


class ScriptedSender(MailSender):
    """Keeps what it was given, and fails as it is told.

    Attributes:
        faults: raised at the next calls, one by one.
        hangs: until `patience` is set, no call returns.
        busy: calls under way; `most` of them at once so far.
    """

    def __init__(self, *faults: Exception) -> None:
        self.faults = list(faults)
        self.sent: list[Mail] = []
        self.hangs = False
        self.patience = asyncio.Event()
        self.reached = asyncio.Event()
        self.busy = self.most = 0

    async def send(self, mail: Mail) -> None:
        self.busy += 1
        self.most = max(self.most, self.busy)
        try:
            self.reached.set()
            await asyncio.sleep(0)
            if self.hangs:
                await self.patience.wait()
            if self.faults:
                raise self.faults.pop(0)
            self.sent.append(mail)
        finally:
            self.busy -= 1

    async def close(self) -> None:
        """Nothing is open."""


class ScriptedHooks(WebhookSender):
    """Endpoints that keep what they were told, and answer with `status`."""

    def __init__(self, status: int = 204) -> None:
        self.status = status
        self.calls: list[WebhookCall] = []

    async def send(self, call: WebhookCall) -> None:
        self.calls.append(call)
        if self.status == 410:
            raise WebhookRefused("the endpoint answered 410")
        if self.status // 100 != 2:
            raise WebhookDelayed(f"the endpoint answered {self.status}")

    async def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True, kw_only=True)
class Boxes:
    """Where an outbox is kept."""

    store: AccountStore
    queue: OutboxQueue
    archive: OutboxArchive
    endpoints: WebhookEndpoints
    arrivals: Arrivals


def boxes_in_memory() -> Boxes:
    arrivals = InProcessArrivals()
    store = MemoryStore(arrivals)
    return Boxes(
        store=store,
        queue=MemoryOutboxQueue(store),
        archive=MemoryOutboxArchive(store),
        endpoints=MemoryWebhookEndpoints(store),
        arrivals=arrivals,
    )


def boxes_in_database(engine: AsyncEngine) -> Boxes:
    arrivals = InProcessArrivals()
    return Boxes(
        store=SqlStore(engine, arrivals),
        queue=SqlOutboxQueue(engine),
        archive=SqlOutboxArchive(engine),
        endpoints=SqlWebhookEndpoints(engine),
        arrivals=arrivals,
    )


@dataclass(kw_only=True)
class Worker:
    """One worker; several may share their boxes."""

    boxes: Boxes = field(default_factory=boxes_in_memory)
    sender: MailSender = field(default_factory=ScriptedSender)
    hooks: WebhookSender = field(default_factory=ScriptedHooks)
    clock: FrozenClock = field(default_factory=FrozenClock)
    ids: CountingIds = field(default_factory=CountingIds)
    pages: str = PAGES

    def __post_init__(self) -> None:
        boxes, derived = self.boxes, derived_keys()
        self.dice = LoadedDice()
        self.one_time_secrets = KeyedOneTimeSecrets(derived)
        self.webhook_secrets = SealedWebhookSecrets(derived)
        self.prepare = PrepareMail(
            store=boxes.store,
            secrets=self.one_time_secrets,
            letters=JinjaLetters(service_name="Example"),
            devices=ParsedDeviceNames(),
            pages=self.pages,
        )
        shared: dict[str, Any] = {
            "queue": boxes.queue,
            "arrivals": boxes.arrivals,
            "ids": self.ids,
            "clock": self.clock,
            "dice": self.dice,
        }
        self.deliver_mail = DeliverMail(prepare=self.prepare, sender=self.sender, **shared)
        self.deliver_webhooks = DeliverWebhooks(
            endpoints=boxes.endpoints, secrets=self.webhook_secrets, sender=self.hooks, **shared
        )

    async def keep(self, *users: User) -> None:
        """Store users."""
        async with self.boxes.store.begin() as transaction:
            for user in users:
                await transaction.users.add(user)
            await transaction.commit()

    async def queue(self, *messages: Message) -> Sequence[Message]:
        """Queue messages, as a deed would."""
        async with self.boxes.store.begin() as transaction:
            for message in messages:
                await transaction.outbox.add(message)
            await transaction.commit()
        return messages

    def request_reset(self) -> AskForMail:
        """The way in for strangers."""
        request = RequestMail(
            store=self.boxes.store,
            ids=self.ids,
            secrets=SystemSecrets(),
            one_time_secrets=self.one_time_secrets,
            clock=self.clock,
        )
        return AskForMail(
            kind=RequestKind.PASSWORD_RESET, request_mail=request, emails=ValidatedAddresses()
        )

    async def stored(self, message: Message) -> Message:
        """The message as it is now."""
        found = await self.boxes.archive.find(message.id)
        assert found is not None
        return found


DELAYED = MailDelayed("mail.example:587 answered 451")
