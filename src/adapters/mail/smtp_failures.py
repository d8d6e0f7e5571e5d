"""What an operator is told when a mail could not be given to the server.

The words of a server are passed on because they say what to do, but servers repeat what they were
sent: the password that they did not accept, the line of the mail that they did not like.
"""

import re
import ssl

from aiosmtplib import SMTPAuthenticationError, SMTPResponseException

from hexkey.adapters.mail.smtp_connections import CannotAgree
from hexkey.adapters.mail.smtp_transactions import Objection, Step, WentAway
from hexkey.application.ports.mail import Mail, MailDelayed, MailRefused

MAX_WORDS_LENGTH = 200
# The operator's fault, not the recipient's: authentication required, failed, or to be encrypted.
_ABOUT_US = frozenset({530, 534, 535, 538})
_PERMANENT = 500

_LINK = re.compile(r"\S*(?:://|hxk_)\S*")
_RUN = re.compile(r"[A-Za-z0-9_-]{4,}")
_HIDDEN = "…"


def failure_of(error: Exception) -> str:
    """What went wrong before the server was asked to take the mail, or while nobody knows."""
    cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
    match cause:
        case CannotAgree():
            said = str(cause)
        case SMTPAuthenticationError(code=code):
            said = f"does not accept the user or the password of HEXKEY_SMTP_URL ({code})"
        case SMTPResponseException(code=code):
            said = f"answered {code}"
        case TimeoutError():
            said = "did not answer in time"
        case ssl.SSLCertVerificationError():
            said = f"has a certificate that is not trusted: {cause.verify_message}"
        case ssl.SSLError():
            said = f"cannot agree on TLS: {cause.reason}"
        case OSError(strerror=str(reason)):
            said = f"cannot be reached: {reason}"
        case WentAway() | ConnectionError():
            said = "hung up"
        case _:
            said = f"failed: {type(cause).__name__}"
    return said


def verdict_on(objection: Objection, mail: Mail, *, where: str) -> MailDelayed | MailRefused:
    """Whether it is worth to try again; its text holds nothing of the mail but the recipient."""
    text = f"{where} objects to {objection.step.value}: {objection.code} "
    text += _harmless(objection.words, mail)
    is_final = (
        objection.code >= _PERMANENT
        and objection.code not in _ABOUT_US
        and objection.step is not Step.SENDER  # which HEXKEY_MAIL_FROM puts right
    )
    return MailRefused(text) if is_final else MailDelayed(text)


def _harmless(words: str, mail: Mail) -> str:
    """`words` on one short line, without links and without what looks like a secret of `mail`."""

    def hidden(run: re.Match[str]) -> str:
        has_digit = any(character.isdigit() for character in run[0])
        return _HIDDEN if has_digit and (run[0] in mail.text or run[0] in mail.html) else run[0]

    line = " ".join(_LINK.sub(_HIDDEN, words).split())
    printable = "".join(it if it.isprintable() else "?" for it in line)
    return _RUN.sub(hidden, printable)[:MAX_WORDS_LENGTH]
