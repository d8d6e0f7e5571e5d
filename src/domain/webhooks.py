"""Webhooks: where applications want to hear of what happens."""

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from urllib.parse import urlsplit

from hexkey.domain.errors import HexkeyError
from hexkey.domain.events import EventType
from hexkey.domain.identifiers import EndpointId

MAX_URL_LENGTH = 2048
MOST_ENDPOINTS = 50  # each one is a row in the transaction of every deed
SECRET_OCTETS = 32

# What an application hears of. That somebody signed in on a new device is the owner's business.
WEBHOOK_EVENTS = frozenset(EventType) - {EventType.NEW_DEVICE}


_PORTS = range(1024, 65536)  # besides 443: nothing that speaks another old protocol is near
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_PRINTABLE = re.compile(r"[!-~]+")
_MAX_NAME_LENGTH = 253


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
class WebhookTarget:
    """A URL that may be called as far as its spelling tells; where its name leads, it does not.

    Attributes:
        host: a name of two labels or more in lower-case ASCII, or an IP address in its one usual
            spelling, without brackets.
        path: with the query.
        is_loopback: it names this machine, which only a development deployment may.
    """

    is_encrypted: bool
    host: str
    port: int
    path: str
    is_loopback: bool = False

    @classmethod
    def parse(cls, url: str, *, loopback_allowed: bool) -> "WebhookTarget":
        """Read a URL; what some program might read as another one is refused.

        Args:
            loopback_allowed: then, and only there, plain HTTP will do.

        Raises:
            InvalidWebhook: for another scheme or port, a user name, a fragment, a name of one
                label, an address in decimal, octal or hexadecimal, or a character outside ASCII.
        """
        if len(url) > MAX_URL_LENGTH or not _PRINTABLE.fullmatch(url) or "\\" in url:
            raise InvalidWebhook
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise InvalidWebhook from None
        is_loopback, is_encrypted = host in _LOOPBACK, parts.scheme == "https"
        if "@" in parts.netloc or "#" in url or parts.netloc.endswith(":"):
            raise InvalidWebhook
        if ("[" in parts.netloc) != (":" in host):
            raise InvalidWebhook
        if is_loopback:
            acceptable = loopback_allowed and parts.scheme in ("http", "https")
        else:
            acceptable = is_encrypted and _is_host(host)
        port = port if port is not None else (443 if is_encrypted else 80)
        if not acceptable or (port not in _PORTS and port != (443 if is_encrypted else 80)):
            raise InvalidWebhook
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(
            is_encrypted=is_encrypted, host=host, port=port, path=path, is_loopback=is_loopback
        )

    @property
    def authority(self) -> str:
        """As in a `Host` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = 443 if self.is_encrypted else 80
        return host if self.port == usual else f"{host}:{self.port}"


def _is_host(text: str) -> bool:
    if ":" in text or text.replace(".", "").isdigit():
        return _is_address(text)
    labels = text.split(".")
    named = len(labels) > 1 and len(text) <= _MAX_NAME_LENGTH and all(map(_LABEL.fullmatch, labels))
    return bool(named) and labels[-1][0].isalpha()  # or some would read it as an address


def _is_address(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return str(address) == text and address.is_global


def webhook_events(names: Collection[str]) -> frozenset[EventType]:
    """The events of these names; of no name, all that there are.

    Raises:
        InvalidWebhook: if one is no event that applications hear of.
    """
    known = {event.value: event for event in WEBHOOK_EVENTS}
    if not known.keys() >= set(names):
        raise InvalidWebhook
    return frozenset(known[name] for name in names) or WEBHOOK_EVENTS


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
