"""The way from a worker to a real SMTP server on loopback."""

from datetime import timedelta

from hexkey.adapters.mail.originator import Originator
from hexkey.adapters.mail.smtp_sender import SmtpSender
from hexkey.adapters.mail.smtp_server import Encryption, SmtpServer
from tests.support.smtp import HOST


def smtp_sender(port: int, *, within: float = 30) -> SmtpSender:
    """Sends in clear; gives up on a mail after `within` seconds."""
    return SmtpSender(
        SmtpServer(host=HOST, port=port, encryption=Encryption.NONE),
        originator=Originator.parse("Example <no-reply@auth.example>"),
        send_within=timedelta(seconds=within),
    )
