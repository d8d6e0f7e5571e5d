"""A post office for each test, and senders that are closed behind it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hexkey.adapters.mail.originator import Originator
from hexkey.adapters.mail.smtp_sender import SmtpSender
from hexkey.adapters.mail.smtp_server import Encryption, SmtpServer
from tests.support.certificates import Authority
from tests.support.smtp import HOST, PostOffice, post_office

ORIGINATOR = Originator.parse("Example <no-reply@id.example.com>")

MakeSender = Callable[..., SmtpSender]


@pytest.fixture
async def office() -> AsyncIterator[PostOffice]:
    """A server without TLS."""
    async with post_office() as opened:
        yield opened


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def ca_file(authority: Authority, tmp_path: Path) -> Path:
    file = tmp_path / "ca.pem"
    file.write_text(authority.pem)
    return file


@pytest.fixture
async def sender_to() -> AsyncIterator[MakeSender]:
    """Make a sender: `sender_to(office, encryption=…, user=…, send_within=…)`."""
    async with AsyncExitStack() as stack:

        def make(office: PostOffice, **options: Any) -> SmtpSender:
            times = ("connect_within", "send_within", "kept_idle")
            limits = {it: timedelta(seconds=options.pop(it)) for it in times if it in options}
            options.setdefault("encryption", Encryption.NONE)
            server = SmtpServer(host=HOST, port=office.port, **options)
            sender = SmtpSender(server, originator=ORIGINATOR, **limits)
            stack.push_async_callback(sender.close)
            return sender

        yield make
