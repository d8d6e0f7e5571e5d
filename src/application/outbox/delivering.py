"""The worker: sends what the outbox holds, at once when it can be, and again when it must be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hexkey.application.accounts.mail_decisions import Decision
from hexkey.application.outbox.draining import DelayedDelivery, Drain, RefusedDelivery
from hexkey.application.outbox.preparing import PrepareMail
from hexkey.application.ports.mail import MailDelayed, MailRefused, MailSender
from hexkey.application.ports.outbox import Arrivals, OutboxQueue
from hexkey.application.ports.system import Clock, Dice, IdGenerator
from hexkey.application.ports.webhooks import (
    WebhookCall,
    WebhookDelayed,
    WebhookEndpoints,
    WebhookRefused,
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
class DeliverMail:
    """Send the mail that is due."""

    queue: OutboxQueue
    arrivals: Arrivals
    prepare: PrepareMail
    sender: MailSender
    ids: IdGenerator
    clock: Clock
    dice: Dice
    lanes: int = MAIL_LANES

    async def __call__(self) -> int:
        """Return how many messages were tried.

        Raises:
            TemporarilyUnavailable: if the store is away.
        """
        drain: Drain[Decision] = Drain(
            channel=Channel.MAIL,
            queue=self.queue,
            prepare=self._prepared,
            attempt=self._attempt,
            clock=self.clock,
            dice=self.dice,
            lanes=self.lanes,
        )
        return await drain(holder=self.ids.new())

    async def run(self) -> None:
        """Send mail until cancelled; what is under way then is given a moment to end."""
        while True:
            await self()
            await self.arrivals.wait(Channel.MAIL, most=POLL)

    async def _prepared(
        self, messages: Sequence[Message], now: datetime
    ) -> Mapping[MessageId, Decision]:
        return await self.prepare(messages, now=now)

    async def _attempt(self, message: Message, decision: Decision, now: datetime) -> None:
        mail = self.prepare.write(message, decision, now=now)
        try:
            await self.sender.send(mail)
        except MailDelayed as delay:
            raise DelayedDelivery(str(delay)) from None
        except MailRefused as refusal:
            raise RefusedDelivery(str(refusal)) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverWebhooks:
    """Tell the endpoints what is due."""

    queue: OutboxQueue
    arrivals: Arrivals
    endpoints: WebhookEndpoints
    secrets: WebhookSecrets
    sender: WebhookSender
    ids: IdGenerator
    clock: Clock
    dice: Dice
    lanes: int = WEBHOOK_LANES

    async def __call__(self) -> int:
        """Return how many messages were tried.

        Raises:
            TemporarilyUnavailable: if the store is away.
        """
        drain: Drain[WebhookEndpoint] = Drain(
            channel=Channel.WEBHOOK,
            queue=self.queue,
            prepare=self._prepared,
            attempt=self._attempt,
            clock=self.clock,
            dice=self.dice,
            lanes=self.lanes,
        )
        return await drain(holder=self.ids.new())

    async def run(self) -> None:
        """Tell endpoints until cancelled; what is under way then is given a moment to end."""
        while True:
            await self()
            await self.arrivals.wait(Channel.WEBHOOK, most=POLL)

    async def _prepared(
        self, messages: Sequence[Message], now: datetime
    ) -> Mapping[MessageId, WebhookEndpoint]:
        """Whom each is for; an endpoint that was removed since is nobody."""
        del now
        endpoints = {endpoint.id: endpoint for endpoint in await self.endpoints.all()}
        whose = {message.id: EndpointId(message.recipient) for message in messages}
        return {message: endpoints[it] for message, it in whose.items() if it in endpoints}

    async def _attempt(self, message: Message, endpoint: WebhookEndpoint, now: datetime) -> None:
        body = message.content["body"]
        call = signed_call(endpoint, self.secrets, message.id, body, now=now)
        try:
            await self.sender.send(call)
        except WebhookDelayed as delay:
            raise DelayedDelivery(str(delay)) from None
        except WebhookRefused as refusal:
            raise RefusedDelivery(str(refusal)) from None


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
