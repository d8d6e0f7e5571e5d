"""Secrets of webhook endpoints: sealed at rest, and signing as Standard Webhooks 1.0 says."""

import base64
import hashlib
import hmac
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hexkey.adapters.crypto.derived_keys import DerivedKeys, Purpose
from hexkey.adapters.crypto.system import random_octets
from hexkey.application.ports.webhooks import WebhookSecrets
from hexkey.domain.identifiers import EndpointId
from hexkey.domain.keys import UnusableKey
from hexkey.domain.webhooks import SECRET_OCTETS, WebhookEndpoint

PREFIX = "whsec_"

_VERSION = b"\x01"
_ID_OCTETS = 8
_NONCE_OCTETS = 12
_HEAD_OCTETS = len(_VERSION) + _ID_OCTETS


class SealedWebhookSecrets(WebhookSecrets):
    """AES-256-GCM, bound to the endpoint's id; the head names the master secret that sealed it.

    So a database in wrong hands cannot sign what an application would believe, nor can a row be
    put in another's place.

    Args:
        derived: seals with the present master secret, and opens with the previous one, too.
    """

    def __init__(self, derived: DerivedKeys) -> None:
        ids = (octets[:_ID_OCTETS] for octets in derived.readable(Purpose.SEALING_KEY_ID))
        ciphers = map(AESGCM, derived.readable(Purpose.WEBHOOK_SECRETS))
        self._ciphers = dict(zip(ids, ciphers, strict=True))
        self._present = next(iter(self._ciphers))

    def new(self, id: EndpointId) -> bytes:
        return self._sealed(random_octets(SECRET_OCTETS), id)

    def shown(self, endpoint: WebhookEndpoint) -> str:
        return PREFIX + base64.b64encode(self._opened(endpoint)).decode("ascii")

    def resealed(self, endpoint: WebhookEndpoint) -> bytes | None:
        secret = self._opened(endpoint)
        if endpoint.sealed_secret.startswith(_VERSION + self._present):
            return None
        return self._sealed(secret, endpoint.id)

    def sign(self, endpoint: WebhookEndpoint, id: str, at: datetime, body: bytes) -> str:
        signed = f"{id}.{int(at.timestamp())}.".encode() + body
        mac = hmac.digest(self._opened(endpoint), signed, hashlib.sha256)
        return f"v1,{base64.b64encode(mac).decode('ascii')}"

    def _sealed(self, secret: bytes, id: EndpointId) -> bytes:
        head, nonce = _VERSION + self._present, random_octets(_NONCE_OCTETS)
        body = self._ciphers[self._present].encrypt(nonce, secret, head + id.encode())
        return head + nonce + body

    def _opened(self, endpoint: WebhookEndpoint) -> bytes:
        sealed = endpoint.sealed_secret
        head, rest = sealed[:_HEAD_OCTETS], sealed[_HEAD_OCTETS:]
        cipher = self._ciphers.get(head[len(_VERSION) :])
        if head[:1] != _VERSION or cipher is None:
            raise UnusableKey(
                "a webhook's secret cannot be unsealed; was the master secret changed?"
            )
        nonce, body = rest[:_NONCE_OCTETS], rest[_NONCE_OCTETS:]
        try:
            return cipher.decrypt(nonce, body, head + endpoint.id.encode())
        except (InvalidTag, ValueError):
            raise UnusableKey("a webhook's secret is not the one that was stored for it") from None
