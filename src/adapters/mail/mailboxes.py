"""Where a mail goes, in the form that servers want it."""

import re
from dataclasses import dataclass
from typing import Self

import idna

from hexkey.domain.text import is_plain

# A dot-string (RFC 5321 §4.1.2), and with RFC 6531 any character beyond ASCII; no quoting, no
# comment, no route: nothing that could make one recipient into two, or into a parameter.
_ATOM = r'[^\s\x00-\x20\x7f"(),.:;<>@\[\\\]]+'
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
MAX_OCTETS = 254  # RFC 5321 §4.5.3.1.3, less the angle brackets


class NoMailbox(ValueError):
    """The text is not one mailbox."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Exactly one mailbox.

    Attributes:
        address: with the domain in ASCII (RFC 5891); safe in a header and in an SMTP command.
    """

    address: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `local@domain`.

        Raises:
            NoMailbox: if it is anything else; the message does not repeat it.
        """
        local, _, domain = text.rpartition("@")
        domain = _in_ascii(domain)
        address = f"{local}@{domain}"
        usable = _is_local(local) and _DOMAIN.fullmatch(domain)
        if not usable or len(address.encode()) > MAX_OCTETS:
            raise NoMailbox("not one address")
        return cls(address)

    @property
    def needs_utf8(self) -> bool:
        """Whether only servers with SMTPUTF8 (RFC 6531) can carry mail there."""
        return not self.address.isascii()

    @property
    def domain(self) -> str:
        """What follows the `@`, in ASCII."""
        return self.address.rpartition("@")[2]


def _is_local(text: str) -> bool:
    return is_plain(text) and _LOCAL.fullmatch(text) is not None


def _in_ascii(domain: str) -> str:
    if domain.isascii():
        return domain.lower()
    try:
        return idna.encode(domain).decode("ascii")
    except idna.IDNAError:
        raise NoMailbox("not one address") from None
