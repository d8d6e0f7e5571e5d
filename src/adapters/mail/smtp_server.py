"""Which SMTP server carries the mail, and how it is trusted."""

import ipaddress
import ssl
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Self
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

_SCHEMES = {"smtp": 587, "smtps": 465}  # RFC 8314 §3.3


class InvalidSmtpUrl(ValueError):
    """The URL names no server that mail may be given to; the message repeats no part of it."""


class Encryption(Enum):
    """How the connection is made private; none of them gives in to a server that cannot."""

    FROM_THE_START = "tls"
    STARTTLS = "starttls"
    NONE = "none"  # to this very machine only


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """A server, and what it needs to know of us.

    Attributes:
        ca_file: the only authorities that are believed, in PEM; `None` for the system's.
    """

    host: str
    port: int
    encryption: Encryption
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None

    @classmethod
    def parse(cls, url: str, *, ca_file: Path | None = None) -> Self:
        """Read `smtp://user:password@host:587` (STARTTLS) or `smtps://host:465` (TLS).

        `?tls=off` sends in clear, and is taken only for this very machine.

        Raises:
            InvalidSmtpUrl: with what is wrong, and nothing of the URL.
        """
        try:
            parts = urlsplit(url)
            port = parts.port or _SCHEMES[parts.scheme]
        except (ValueError, KeyError):
            raise InvalidSmtpUrl("must begin with smtp:// or smtps://") from None
        if not parts.hostname or parts.path not in ("", "/") or parts.fragment:
            raise InvalidSmtpUrl("must be smtp://user:password@host:port, and nothing behind it")
        if not parts.hostname.isprintable() or " " in parts.hostname:
            raise InvalidSmtpUrl("must name a host")
        user, password = _credentials(parts)
        return cls(
            host=parts.hostname,
            port=port,
            encryption=_encryption(parts),
            user=user,
            password=password,
            ca_file=ca_file,
        )

    def tls_context(self) -> ssl.SSLContext | None:
        """What verifies the server's certificate and name; `None` without TLS. Reads files.

        Raises:
            OSError: if the authorities cannot be read.
        """
        if self.encryption is Encryption.NONE:
            return None
        return ssl.create_default_context(cafile=self.ca_file)


def _credentials(parts: SplitResult) -> tuple[str | None, str | None]:
    if parts.username is None and parts.password is None:
        return None, None
    if not parts.username or not parts.password:
        raise InvalidSmtpUrl("must have a user and a password, or neither")
    return unquote(parts.username), unquote(parts.password)


def _encryption(parts: SplitResult) -> Encryption:
    options = parse_qsl(parts.query, keep_blank_values=True)
    if options == [("tls", "off")]:
        if parts.scheme == "smtps":
            raise InvalidSmtpUrl("cannot switch TLS off for smtps://")
        if not _is_loopback(parts.hostname or ""):
            raise InvalidSmtpUrl("may switch TLS off only for a server on this machine (127.0.0.1)")
        return Encryption.NONE
    if options:
        raise InvalidSmtpUrl("knows no other option than tls=off")
    return Encryption.FROM_THE_START if parts.scheme == "smtps" else Encryption.STARTTLS


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
