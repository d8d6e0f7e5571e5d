"""Mail: writing it, and handing it to a server."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from hexkey.application.ports.outbox import DelayedDelivery, RefusedDelivery


class MailDelayed(DelayedDelivery):
    """The server could not take the mail now; the message says why, without any secret."""


class MailRefused(RefusedDelivery):
    """The server will never take this mail; the message says why, without any secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a mail is to say.

    Attributes:
        kind: which templates write it.
        language: RFC 5646; the templates' own fallback applies.
        values: what the templates may name; plain text, never markup.
    """

    kind: str
    language: str | None
    values: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail, ready to be sent.

    Attributes:
        message_id: with angle brackets; the same at each attempt (RFC 5322 §3.6.4).
        date: when it was caused.
    """

    message_id: str
    date: datetime
    to: str
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class WrittenLetter:
    """A letter in words."""

    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)


class LetterWriter(Protocol):
    """Puts letters into words."""

    def write(self, letter: Letter) -> WrittenLetter:
        """The words; every value is inert text in both forms, and the subject is one line.

        Raises:
            KeyError: if there are no templates of that kind.
        """
        ...

    def language_for(self, wanted: str) -> str | None:
        """The best language for an `Accept-Language` header (RFC 9110 §12.5.4), if one fits."""
        ...


class MailSender(Protocol):
    """Hands mails to whoever carries them on."""

    async def send(self, mail: Mail) -> None:
        """Return when the mail has been taken; several calls at once are allowed.

        Raises:
            MailDelayed: if it may be taken later; also when nobody knows whether it was.
            MailRefused: if it never will be.
        """
        ...

    async def close(self) -> None:
        """Let go of connections; `send` may be called again."""
        ...
