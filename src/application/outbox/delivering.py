"""The worker: sends what the outbox holds, at once when it can be, and again when it must be."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Generic

from hexkey.application.accounts.mail_decisions import Decision
from hexkey.application.outbox.draining import Drain, What
from hexkey.application.outbox.preparing import PrepareMail
from hexkey.application.ports.mail import MailSender
from hexkey.application.ports.outbox import Arrivals, OutboxQueue
from hexkey.application.ports.system import Clock, Dice, IdGenerator
from hexkey.application.ports.webhooks import (
    WebhookCall,
    WebhookEndpoints,
    WebhookSecrets,
    WebhookSender,
)
from hexkey.domain.identifiers import EndpointId, MessageId
from hexkey.domain.outbox import Channel, Message
from hexkey.domain.webhooks import WebhookEndpoint

POLL = timedelta(seconds=1)  # for what other processes queued, and for what is due again
MAIL_LANES = 4  # connections to the mail server; providers bear that many from one client
WEBHOOK_LANES = 8  # so that one endpoint that hangs does not hold the others


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery(ABC, Generic[What]):
    """The worker's turn at one channel.

    Attributes:
        lanes: how many messages are sent at the same time.
    """

    channel: ClassVar[Channel]

    queue: OutboxQueue
    arrivals: Arrivals
    ids: IdGenerator
    clock: Clock
    dice: Dice
    lanes: int

    async def __call__(self) -> int:
        """Return how many messages were tried.

        Raises:
            TemporarilyUnavailable: if the store is away.
        """
        drain: Drain[What] = Drain(
            channel=self.channel,
            queue=self.queue,
            prepare=self._prepared,
            attempt=self._attempt,
            clock=self.clock,
            dice=self.dice,
            lanes=self.lanes,
        )
        return await drain(holder=self.ids.new())

    async def run(self) -> None:
        """Send until cancelled; what is under way then is given a moment to end."""
        while True:
            await self()
            await self.arrivals.wait(self.channel, most=POLL)

    @abstractmethod
    async def _prepared(
        self, messages: Sequence[Message], now: datetime
    ) -> Mapping[MessageId, What]:
        """What sending each takes; those that it leaves out are for nobody any more."""

    @abstractmethod
    async def _attempt(self, message: Message, what: What, now: datetime) -> None:
        """Send one.

        Raises:
            DelayedDelivery, RefusedDelivery: if it did not leave.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverMail(Delivery[Decision]):
    """Send the mail that is due."""

    channel = Channel.MAIL

    prepare: PrepareMail
    sender: MailSender
    lanes: int = MAIL_LANES

    async def _prepared(
        self, messages: Sequence[Message], now: datetime
    ) -> Mapping[MessageId, Decision]:
        return await self.prepare(messages, now=now)

    async def _attempt(self, message: Message, what: Decision, now: datetime) -> None:
        mail = self.prepare.write(message, what, now=now)
        await self.sender.send(mail)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverWebhooks(Delivery[WebhookEndpoint]):
    """Tell the endpoints what is due."""

    channel = Channel.WEBHOOK

    endpoints: WebhookEndpoints
    secrets: WebhookSecrets
    sender: WebhookSender
    lanes: int = WEBHOOK_LANES

    async def _prepared(
        self, messages: Sequence[Message], now: datetime
    ) -> Mapping[MessageId, WebhookEndpoint]:
        """Whom each is for; an endpoint that was removed since is nobody."""
        del now
        endpoints = {endpoint.id: endpoint for endpoint in await self.endpoints.all()}
        whose = {message.id: EndpointId(message.recipient) for message in messages}
        return {message: endpoints[it] for message, it in whose.items() if it in endpoints}

    async def _attempt(self, message: Message, what: WebhookEndpoint, now: datetime) -> None:
        body = message.content["body"]
        call = signed_call(what, self.secrets, message.id, body, now=now)
        await self.sender.send(call)


def signed_call(
    endpoint: WebhookEndpoint, secrets: WebhookSecrets, id: MessageId, body: str, *, now: datetime
) -> WebhookCall:
    """The POST that tells `endpoint`; its id and its body are the same at each attempt."""
    octets = body.encode()
    headers = (
        ("content-type", "application/json"),
        ("webhook-id", id),
        ("webhook-timestamp", str(int(now.timestamp()))),
        ("webhook-signature", secrets.sign(endpoint, id, now, octets)),
    )
    return WebhookCall(url=endpoint.url, headers=headers, body=octets)
