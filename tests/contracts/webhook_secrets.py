"""What every `WebhookSecrets` promises."""

import base64
from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook

from hexkey.application.ports.webhooks import WebhookSecrets
from hexkey.domain.identifiers import EndpointId
from hexkey.domain.webhooks import WEBHOOK_EVENTS, WebhookEndpoint
from tests.support.builders import an_id
from tests.support.doubles import START

BODY = '{"type":"user.created","data":{"name":"Zoë"}}'


def an_endpoint(
    secrets: WebhookSecrets, *, url: str = "https://hooks.example.com/in"
) -> WebhookEndpoint:
    whose = EndpointId(an_id())
    return WebhookEndpoint(
        id=whose,
        url=url,
        events=WEBHOOK_EVENTS,
        sealed_secret=secrets.new(whose),
        created_at=START,
    )


class WebhookSecretsContract(ABC):
    """Subclass as `TestXxx` and provide the `secrets` fixture."""

    @abstractmethod
    def secrets(self) -> WebhookSecrets: ...

    def test_makes_256_bits_each_time_anew(self, secrets: WebhookSecrets) -> None:
        shown = {secrets.shown(an_endpoint(secrets)) for _ in range(20)}

        assert len(shown) == 20
        assert all(len(base64.b64decode(it.removeprefix("whsec_"))) == 32 for it in shown)

    def test_signs_as_the_standard_says(self, secrets: WebhookSecrets) -> None:
        """By the judgement of the scheme's own library."""
        endpoint, now = an_endpoint(secrets), datetime.now(UTC)

        signature = secrets.sign(endpoint, "msg-1", now, BODY.encode())

        receiver = Webhook(secrets.shown(endpoint))
        headers = {
            "webhook-id": "msg-1",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
        }
        assert receiver.verify(BODY, headers)["data"] == {"name": "Zoë"}

    @pytest.mark.parametrize("changed", ["id", "timestamp", "body", "secret"])
    def test_signs_all_that_matters(self, secrets: WebhookSecrets, changed: str) -> None:
        endpoint, other = an_endpoint(secrets), an_endpoint(secrets)
        later = START.replace(year=2027)

        def signed(what: str) -> str:
            return secrets.sign(
                other if what == "secret" else endpoint,
                "2" if what == "id" else "1",
                later if what == "timestamp" else START,
                b"{ }" if what == "body" else b"{}",
            )

        assert signed(changed) != signed("nothing")

    def test_keeps_the_secret_out_of_what_is_stored(self, secrets: WebhookSecrets) -> None:
        endpoint = an_endpoint(secrets)
        secret = base64.b64decode(secrets.shown(endpoint).removeprefix("whsec_"))

        assert secret not in endpoint.sealed_secret
        assert secrets.shown(endpoint) not in repr(endpoint)

    def test_has_nothing_to_seal_anew_at_first(self, secrets: WebhookSecrets) -> None:
        endpoint = an_endpoint(secrets)

        assert secrets.resealed(endpoint) is None
        assert secrets.shown(replace(endpoint)) == secrets.shown(endpoint)
