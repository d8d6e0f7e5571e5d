"""One mail over one connection: MAIL, RCPT, DATA (RFC 5321 §3.3)."""

from dataclasses import dataclass, field
from enum import Enum

from aiosmtplib import SMTPDataError, SMTPResponse, SMTPServerDisconnected

from hexkey.adapters.mail.mailboxes import Mailbox
from hexkey.adapters.mail.smtp_connections import Connection

_TAKEN = frozenset({250, 251})
_GOING_AWAY = 421  # RFC 5321 §3.8: at any time


class WentAway(Exception):
    """The server hung up before it was told of the mail; nothing was sent."""


class Step(Enum):
    """What the server objected to."""

    CHARACTERS = "the characters of the recipient's address"
    SENDER = "the sender"
    RECIPIENT = "the recipient"
    CONTENT = "the mail"


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a server does not take a mail."""

    step: Step
    code: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A mail from one mailbox to one mailbox."""

    sender: Mailbox
    to: Mailbox
    message: bytes = field(repr=False)


async def hand_over(connection: Connection, envelope: Envelope) -> Objection | None:
    """Give the mail to the server.

    Returns:
        Nothing when it has been taken; otherwise the connection is ready for another mail, or
        closed.

    Raises:
        WentAway: if it had gone before.
        TimeoutError, OSError, SMTPException: if nobody knows whether it was taken.
    """
    objection = await _offer(connection, envelope)
    if objection is not None and connection.is_connected:
        await connection.rset()
    return objection


async def _offer(connection: Connection, envelope: Envelope) -> Objection | None:
    if envelope.to.needs_utf8 and not connection.supports_extension("smtputf8"):
        return Objection(Step.CHARACTERS, 553, "the server has no SMTPUTF8")
    reply = await _begun(connection, envelope)
    if reply.code not in _TAKEN:
        return Objection(Step.SENDER, *reply)
    reply = await connection.execute_command(b"RCPT", b"TO:<%b>" % envelope.to.address.encode())
    if reply.code not in _TAKEN:
        return Objection(Step.RECIPIENT, *reply)
    try:
        await connection.data(envelope.message)
    except SMTPDataError as error:
        return Objection(Step.CONTENT, error.code, error.message)
    return None


async def _begun(connection: Connection, envelope: Envelope) -> SMTPResponse:
    options = (b"SMTPUTF8",) if envelope.to.needs_utf8 else ()
    sender = b"FROM:<%b>" % envelope.sender.address.encode()
    try:
        reply = await connection.execute_command(b"MAIL", sender, *options)
    except SMTPServerDisconnected:
        raise WentAway from None
    if reply.code == _GOING_AWAY:
        raise WentAway
    return reply
