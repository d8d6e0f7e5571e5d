"""Webhook endpoints in the memory store."""

from collections.abc import Sequence
from dataclasses import replace

from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.ports.webhooks import WebhookEndpoints
from hexkey.domain.audit.event import AuditEvent
from hexkey.domain.identifiers import EndpointId
from hexkey.domain.outbox import Channel, MessageState
from hexkey.domain.webhooks import MOST_ENDPOINTS, InvalidWebhook, WebhookEndpoint


class MemoryWebhookEndpoints(WebhookEndpoints):
    """Nothing here waits, so each call is as if it were alone."""

    def __init__(self, store: MemoryStore) -> None:
        self._kept = store.committed

    async def add(self, endpoint: WebhookEndpoint, *, audited: AuditEvent | None = None) -> None:
        if len(self._kept.endpoints) >= MOST_ENDPOINTS:
            raise InvalidWebhook
        if endpoint.id in self._kept.endpoints:
            raise ValueError(f"there is an endpoint {endpoint.id} already")
        self._kept.endpoints[endpoint.id] = endpoint
        self._kept.note(audited)

    async def all(self) -> Sequence[WebhookEndpoint]:
        return sorted(self._kept.endpoints.values(), key=lambda it: (it.created_at, it.id))

    async def find(self, id: EndpointId) -> WebhookEndpoint | None:
        return self._kept.endpoints.get(id)

    async def remove(self, id: EndpointId, *, audited: AuditEvent | None = None) -> bool:
        if self._kept.endpoints.pop(id, None) is None:
            return False
        self._kept.note(audited)
        self._kept.drop_messages(
            [
                it
                for it in self._kept.messages.values()
                if it.channel is Channel.WEBHOOK
                and it.recipient == id
                and it.state is MessageState.QUEUED
            ]
        )
        return True

    async def reseal(self, old: WebhookEndpoint, sealed_secret: bytes) -> bool:
        if self._kept.endpoints.get(old.id) != old:
            return False
        self._kept.endpoints[old.id] = replace(old, sealed_secret=sealed_secret)
        return True
