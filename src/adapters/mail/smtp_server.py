"""Which SMTP server carries the mail, and how it is trusted."""

import ipaddress
import ssl
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path


class Encryption(Enum):
    """How the connection is made private; none of them gives in to a server that cannot."""

    FROM_THE_START = "tls"
    STARTTLS = "starttls"
    NONE = "off"  # to this very machine only


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """A server, and what it needs to know of us.

    Attributes:
        user: empty if nobody is to sign in there; then the password is, too.
        ca_file: the only authorities that are believed, in PEM; `None` for the system's.

    Raises:
        ValueError: if mail, or a password, would leave this machine in clear.
    """

    host: str
    port: int
    encryption: Encryption
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        if self.encryption is Encryption.NONE and not _is_loopback(self.host):
            raise ValueError("mail in clear is for a server on this machine")

    def tls_context(self) -> ssl.SSLContext | None:
        """What verifies the server's certificate and name; `None` without TLS. Reads files.

        Raises:
            OSError: if the authorities cannot be read.
        """
        if self.encryption is Encryption.NONE:
            return None
        return ssl.create_default_context(cafile=self.ca_file)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
