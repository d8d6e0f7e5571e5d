"""Whom mails come from."""

import re
from dataclasses import dataclass
from typing import Self

from hexkey.adapters.mail.mailboxes import Mailbox, NoMailbox
from hexkey.adapters.mail.words import header_words

MAX_NAME_LENGTH = 100  # code points

_FORM = re.compile(r'(?:"?(?P<name>[^"<>]*?)"? *<(?P<named>[^<>]+)>|(?P<bare>[^"<>]+))')


class InvalidOriginator(ValueError):
    """The text is not `address` or `Name <address>`."""

    def __init__(self) -> None:
        super().__init__("must be an address, or a name and one: Example <no-reply@example.com>")


@dataclass(frozen=True, slots=True)
class Originator:
    """A name that people read, and the mailbox that servers send errors to.

    Attributes:
        name: may be empty.
    """

    name: str
    mailbox: Mailbox

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `no-reply@example.com` or `Example <no-reply@example.com>`.

        Raises:
            InvalidOriginator: if it is neither, or if not every server can handle it.
        """
        read = _FORM.fullmatch(text.strip()) if text.isprintable() else None
        if read is None:
            raise InvalidOriginator
        name = (read["name"] or "").strip()
        try:
            mailbox = Mailbox.parse(read["named"] or read["bare"])
        except NoMailbox:
            raise InvalidOriginator from None
        if mailbox.needs_utf8 or len(name) > MAX_NAME_LENGTH:
            raise InvalidOriginator
        return cls(name, mailbox)

    @property
    def header(self) -> str:
        """The value of `From`."""
        if not self.name:
            return self.mailbox.address
        return f"{_phrase(self.name)} <{self.mailbox.address}>"


def _phrase(name: str) -> str:
    if not name.isascii():
        return header_words(name)
    return '"' + name.replace("\\", "\\\\") + '"'
