"""Mail through an SMTP server, with aiosmtplib."""

import asyncio
from datetime import timedelta

import aiosmtplib

from hexkey.adapters.mail.messages import message_bytes, recipient_of
from hexkey.adapters.mail.originator import Originator
from hexkey.adapters.mail.smtp_connections import KEPT_IDLE, CannotAgree, SmtpConnections
from hexkey.adapters.mail.smtp_failures import failure_of, verdict_on
from hexkey.adapters.mail.smtp_server import SmtpServer
from hexkey.adapters.mail.smtp_transactions import Envelope, Objection, WentAway, hand_over
from hexkey.application.ports.mail import Mail, MailDelayed, MailSender

CONNECT_WITHIN = timedelta(seconds=10)
SEND_WITHIN = timedelta(seconds=30)


class SmtpSender(MailSender):
    """Gives each mail to one server, over connections that are kept for the next.

    Args:
        connect_within: for connecting, TLS and signing in.
        send_within: for a mail from beginning to end; after that nobody knows whether it left.
        kept_idle: for how long a connection waits for the next mail.
    """

    def __init__(
        self,
        server: SmtpServer,
        *,
        originator: Originator,
        connect_within: timedelta = CONNECT_WITHIN,
        send_within: timedelta = SEND_WITHIN,
        kept_idle: timedelta = KEPT_IDLE,
    ) -> None:
        self._where = f"{server.host}:{server.port}"
        self._originator = originator
        self._send_within = send_within.total_seconds()
        self._connections = SmtpConnections(
            server,
            name=originator.mailbox.domain,
            connect_within=connect_within,
            kept_idle=kept_idle,
        )

    async def send(self, mail: Mail) -> None:
        objection = await self._delivered(self._envelope(mail))
        if objection is not None:
            raise verdict_on(objection, mail, where=self._where)

    async def close(self) -> None:
        await self._connections.close()

    def _envelope(self, mail: Mail) -> Envelope:
        to = recipient_of(mail)
        message = message_bytes(mail, originator=self._originator, to=to)
        return Envelope(sender=self._originator.mailbox, to=to, message=message)

    async def _delivered(self, envelope: Envelope) -> Objection | None:
        try:
            async with asyncio.timeout(self._send_within):
                return await self._offered(envelope)
        except (CannotAgree, WentAway, OSError, aiosmtplib.SMTPException) as error:
            raise MailDelayed(f"{self._where} {failure_of(error)}") from None

    async def _offered(self, envelope: Envelope) -> Objection | None:
        """A kept connection may have died without a sign; then a new one is tried at once."""
        try:
            async with self._connections.one() as connection:
                return await hand_over(connection, envelope)
        except WentAway:
            async with self._connections.one(fresh=True) as connection:
                return await hand_over(connection, envelope)
