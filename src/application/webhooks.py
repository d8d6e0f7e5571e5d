"""Webhooks: naming endpoints, trying them, forgetting them."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC

from hexkey.application.audit.recording import Audit
from hexkey.application.outbox.delivering import signed_call
from hexkey.application.ports.system import Clock, IdGenerator
from hexkey.application.ports.webhooks import (
    WebhookDelayed,
    WebhookEndpoints,
    WebhookRefused,
    WebhookSecrets,
    WebhookSender,
)
from hexkey.domain.audit.event import AuditType
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.identifiers import EndpointId, MessageId
from hexkey.domain.webhooks import (
    WebhookEndpoint,
    WebhookNotFound,
    WebhookTarget,
    webhook_events,
)

TEST_EVENT = "webhook.test"

_PASSES = 5  # each one but the last met an endpoint that another instance changed at that moment


@dataclass(frozen=True, slots=True, kw_only=True)
class AddWebhook:
    """Tell a URL what happens from now on."""

    endpoints: WebhookEndpoints
    secrets: WebhookSecrets
    ids: IdGenerator
    clock: Clock
    loopback_allowed: bool = False

    async def __call__(
        self, *, url: str, events: Collection[str] = ()
    ) -> tuple[WebhookEndpoint, str]:
        """Return the endpoint, and the secret with which its receiver verifies what comes.

        Args:
            events: their public names; none for all of them.

        Raises:
            InvalidWebhook: if the URL may not be called, an event does not exist, or there are
                too many endpoints.
        """
        WebhookTarget.parse(url, loopback_allowed=self.loopback_allowed)
        id = EndpointId(self.ids.new())  # noqa: A001 - the field's word
        endpoint = WebhookEndpoint(
            id=id,
            url=url,
            events=webhook_events(events),
            sealed_secret=self.secrets.new(id),
            created_at=self.clock.now(),
        )
        event = Audit(ids=self.ids).event(
            AuditType.WEBHOOK_ADDED, at=endpoint.created_at, subject=endpoint.id
        )
        await self.endpoints.add(endpoint, audited=event)
        return endpoint, self.secrets.shown(endpoint)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListWebhooks:
    """Show who is told."""

    endpoints: WebhookEndpoints

    async def __call__(self) -> Sequence[WebhookEndpoint]:
        """Return every endpoint, the oldest first."""
        return await self.endpoints.all()


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveWebhook:
    """Tell an endpoint nothing more; what waits for it is dropped."""

    endpoints: WebhookEndpoints
    audit: Audit
    clock: Clock

    async def __call__(self, *, id: EndpointId) -> None:
        """Forget it.

        Raises:
            WebhookNotFound: if there is none of that id.
        """
        event = self.audit.event(AuditType.WEBHOOK_REMOVED, at=self.clock.now(), subject=id)
        if not await self.endpoints.remove(id, audited=event):
            raise WebhookNotFound


@dataclass(frozen=True, slots=True)
class WebhookTrial:
    """What an endpoint said to a test.

    Attributes:
        error: why it did not take it; `None` if it did.
    """

    error: str | None

    @property
    def is_taken(self) -> bool:
        """Whether it answered 2xx."""
        return self.error is None


@dataclass(frozen=True, slots=True, kw_only=True)
class TestWebhook:
    """Send one signed message that tells of nothing, at once and only once."""

    endpoints: WebhookEndpoints
    secrets: WebhookSecrets
    sender: WebhookSender
    ids: IdGenerator
    clock: Clock

    async def __call__(self, *, id: EndpointId) -> WebhookTrial:
        """Return what became of it.

        Raises:
            WebhookNotFound: if there is no endpoint of that id.
        """
        endpoint = await self.endpoints.find(id)
        if endpoint is None:
            raise WebhookNotFound
        now = self.clock.now()
        at = now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        body = json.dumps({"type": TEST_EVENT, "timestamp": at, "data": {}})
        try:
            await self.sender.send(
                signed_call(endpoint, self.secrets, MessageId(self.ids.new()), body, now=now)
            )
        except (WebhookDelayed, WebhookRefused) as failure:
            return WebhookTrial(str(failure))
        return WebhookTrial(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResealWebhookSecrets:
    """Seal every endpoint's secret under the present master secret; may be repeated at any time."""

    endpoints: WebhookEndpoints
    secrets: WebhookSecrets

    async def __call__(self) -> int:
        """Return how many had to be sealed anew.

        Raises:
            UnusableKey: if neither the present nor the previous master secret opens one; what
                was done before stays done.
            TemporarilyUnavailable: if others change the endpoints faster than this.
        """
        changed = 0
        for _ in range(_PASSES):
            lost = 0
            for endpoint in await self.endpoints.all():
                sealed = self.secrets.resealed(endpoint)
                if sealed is not None:
                    replaced = await self.endpoints.reseal(endpoint, sealed)
                    changed, lost = changed + replaced, lost + (not replaced)
            if not lost:
                return changed
        raise TemporarilyUnavailable
