"""What every `WebhookSender` promises."""

from abc import ABC, abstractmethod

import pytest

from hexkey.application.ports.webhooks import (
    WebhookCall,
    WebhookDelayed,
    WebhookRefused,
    WebhookSender,
)

CALL = WebhookCall(
    url="https://hooks.example.com/in",
    headers=(("content-type", "application/json"), ("webhook-id", "1")),
    body=b'{"type":"user.created"}',
)


class WebhookSenderContract(ABC):
    """Subclass as `TestXxx`, provide the `sender` fixture, and let the endpoint answer."""

    pytestmark = pytest.mark.anyio

    @abstractmethod
    def sender(self) -> WebhookSender: ...

    @abstractmethod
    def answer(self, status: int) -> None:
        """Let the endpoint of `CALL` answer with this status from now on."""

    @pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
    async def test_is_content_with_any_2xx(self, sender: WebhookSender, status: int) -> None:
        self.answer(status)

        await sender.send(CALL)

    @pytest.mark.parametrize("status", [300, 302, 304, 307, 308, 400, 401, 404, 429, 500, 503])
    async def test_tries_again_after_any_other(self, sender: WebhookSender, status: int) -> None:
        self.answer(status)

        with pytest.raises(WebhookDelayed, match=str(status)):
            await sender.send(CALL)

    async def test_gives_up_when_the_endpoint_is_gone(self, sender: WebhookSender) -> None:
        self.answer(410)

        with pytest.raises(WebhookRefused):
            await sender.send(CALL)

    async def test_may_be_used_after_it_was_closed(self, sender: WebhookSender) -> None:
        self.answer(204)
        await sender.close()

        await sender.send(CALL)
