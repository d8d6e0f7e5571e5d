"""A mail in the form of RFC 5322: two forms of one text, and nothing to be fetched.

Built by hand, because `email.message` takes longer for it than a server for the delivery; the
price is paid once, in the tests, which have the standard library read what stands here.
"""

import re
from email.utils import format_datetime

from hexkey.adapters.mail.mailboxes import Mailbox, NoMailbox
from hexkey.adapters.mail.originator import Originator
from hexkey.adapters.mail.words import body_lines, header_words
from hexkey.application.ports.mail import Mail, MailRefused

# Quoted-printable never holds `=_` (RFC 2045 §6.7), so no text can end its part early.
_BOUNDARY = b"=_two-forms-of-one-text"
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9.\-]+@[A-Za-z0-9.\-:\[\]]+>")

_PART = (
    b"\r\n--" + _BOUNDARY + b"\r\n"
    b"Content-Type: text/%b; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n"
    b"\r\n"
)
_TEXT, _HTML, _END = _PART % b"plain", _PART % b"html", b"\r\n--" + _BOUNDARY + b"--\r\n"


def recipient_of(mail: Mail) -> Mailbox:
    """Where `mail` goes.

    Raises:
        MailRefused: if that is not exactly one mailbox.
    """
    try:
        return Mailbox.parse(mail.to)
    except NoMailbox:
        raise MailRefused("the recipient is not one address") from None


def message_bytes(mail: Mail, *, originator: Originator, to: Mailbox) -> bytes:
    """The whole message; ASCII unless the recipient's address is not.

    Raises:
        ValueError: if the Message-ID is none; the caller made it.
    """
    if not _MESSAGE_ID.fullmatch(mail.message_id):
        raise ValueError("not a Message-ID")
    head = (
        f"Date: {format_datetime(mail.date)}\r\n"
        f"Message-ID: {mail.message_id}\r\n"
        f"From: {originator.header}\r\n"
        f"To: {to.address}\r\n"
        f"Subject: {header_words(mail.subject)}\r\n"
        "MIME-Version: 1.0\r\n"
        "Auto-Submitted: auto-generated\r\n"  # RFC 3834: nobody's holiday notice is wanted
        f'Content-Type: multipart/alternative; boundary="{_BOUNDARY.decode()}"\r\n'
    )
    parts = (_TEXT, body_lines(mail.text), _HTML, body_lines(mail.html), _END)
    return b"".join((head.encode(), *parts))
