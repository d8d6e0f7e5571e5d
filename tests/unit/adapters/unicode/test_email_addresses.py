import socket

import pytest

from hexkey.adapters.unicode.email_addresses import ValidatedAddresses
from tests.contracts.email_syntax import EmailSyntaxContract


class TestValidatedAddresses(EmailSyntaxContract):
    @pytest.fixture
    def syntax(self) -> ValidatedAddresses:
        return ValidatedAddresses()

    def test_never_asks_the_dns(
        self, syntax: ValidatedAddresses, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(socket, "socket", None)
        monkeypatch.setattr(socket, "getaddrinfo", None)

        assert syntax.parse("me@no-such-domain-anywhere.com")
