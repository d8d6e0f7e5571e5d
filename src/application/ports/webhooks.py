"""Webhooks: where endpoints are kept, and how messages reach them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from hexkey.application.ports.outbox import DelayedDelivery, RefusedDelivery
from hexkey.domain.audit.event import AuditEvent
from hexkey.domain.identifiers import EndpointId
from hexkey.domain.webhooks import WebhookEndpoint


class WebhookEndpoints(Protocol):
    """The endpoints; each call is a transaction of its own."""

    async def add(self, endpoint: WebhookEndpoint, *, audited: AuditEvent | None = None) -> None:
        """Keep a new endpoint, and write `audited` down with it.

        Raises:
            InvalidWebhook: if there are `MOST_ENDPOINTS` already.
        """
        ...

    async def all(self) -> Sequence[WebhookEndpoint]:
        """Every endpoint, the oldest first."""
        ...

    async def find(self, id: EndpointId) -> WebhookEndpoint | None:
        """That endpoint."""
        ...

    async def remove(self, id: EndpointId, *, audited: AuditEvent | None = None) -> bool:
        """Forget the endpoint and what is queued for it; whether it was there.

        Args:
            audited: written down exactly if it was.
        """
        ...

    async def reseal(self, old: WebhookEndpoint, sealed_secret: bytes) -> bool:
        """Store the same secret sealed anew; whether nobody else has changed it."""
        ...


class WebhookSecrets(Protocol):
    """Makes secrets of endpoints, and keeps them unreadable in the database."""

    def new(self, id: EndpointId) -> bytes:
        """A fresh secret of 256 bits, sealed for that endpoint."""
        ...

    def shown(self, endpoint: WebhookEndpoint) -> str:
        """The secret as its receiver needs it: `whsec_` and base64."""
        ...

    def resealed(self, endpoint: WebhookEndpoint) -> bytes | None:
        """The same secret under the present master secret; `None` if it is already."""
        ...

    def sign(self, endpoint: WebhookEndpoint, id: str, at: datetime, body: bytes) -> str:
        """The value of `webhook-signature` (Standard Webhooks 1.0)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookCall:
    """One signed POST.

    Attributes:
        headers: `webhook-id`, `webhook-timestamp`, `webhook-signature`, `content-type`.
    """

    url: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)


class WebhookDelayed(DelayedDelivery):
    """Not taken now; the message says why, without any secret."""


class WebhookRefused(RefusedDelivery):
    """Never to be taken: the target is forbidden, or it said 410; the message says why."""


class WebhookSender(Protocol):
    """POSTs to URLs that strangers to this network chose: nothing inside it may be reached."""

    async def send(self, call: WebhookCall) -> None:
        """Return when the endpoint has answered 2xx.

        Raises:
            WebhookDelayed: for any other answer or none.
            WebhookRefused: if the URL leads somewhere it may not, or is gone for good.
        """
        ...

    async def close(self) -> None:
        """Let go of connections; `send` may be called again."""
        ...
