"""Webhooks: where applications want to hear of what happens."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from hexkey.domain.errors import HexkeyError
from hexkey.domain.events import EventType
from hexkey.domain.identifiers import EndpointId

MAX_URL_LENGTH = 2048
MOST_ENDPOINTS = 50  # each one is a row in the transaction of every deed
SECRET_OCTETS = 32

# What an application hears of. That somebody signed in on a new device is the owner's business.
WEBHOOK_EVENTS = frozenset(EventType) - {EventType.NEW_DEVICE}


class InvalidWebhook(HexkeyError):
    """The URL may not be called, or no event was named that exists."""

    code: ClassVar[str] = "invalid_webhook"
    message: ClassVar[str] = (
        "This webhook cannot be used: an https URL and known events are needed."
    )


class WebhookNotFound(HexkeyError):
    """There is no such endpoint."""

    code: ClassVar[str] = "webhook_not_found"
    message: ClassVar[str] = "There is no such webhook."


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpoint:
    """A URL that is told.

    Attributes:
        events: the kinds it wants.
        sealed_secret: what signs the messages, as it may be stored.
    """

    id: EndpointId
    url: str
    events: frozenset[EventType]
    sealed_secret: bytes = field(repr=False)
    created_at: datetime
