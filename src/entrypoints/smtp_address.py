"""The address of an SMTP server, as one URL that cannot mean less than encryption by accident."""

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import SecretStr

from hexkey.entrypoints.setting_values import is_loopback

_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpAddress:
    """Where mail is handed over.

    Attributes:
        security: `tls` from the first octet, `starttls` or nothing is sent, `off` on loopback.
        user: empty if nobody is to sign in there; then the password is, too.
    """

    host: str
    port: int
    security: str
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read `smtp://user:password@host:587`, `smtps://…` or `smtp://localhost:25?tls=off`.

        Raises:
            ValueError: if it is none of these; nothing of it is repeated.
        """
        parts = _parts(url)
        return cls(
            host=parts.hostname or "",
            port=parts.port or _PORTS[parts.scheme],
            security=_security(parts),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )


def smtp_url(value: SecretStr) -> SecretStr:
    """The same URL, of which is known that it can be read."""
    SmtpAddress.parse(value.get_secret_value())
    return value


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError("has a port or a host that cannot be") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("must be smtp://user:password@host:587 or smtps://user:password@host:465")
    if parts.path.strip("/") or parts.fragment or "@" in parts.query:
        raise ValueError("has a path; in a password, / is written %2F, ? is %3F and # is %23")
    if bool(parts.username) != bool(parts.password):
        raise ValueError("needs a user and a password, or neither")
    return parts


def _security(parts: SplitResult) -> str:
    if not parts.query:
        return "tls" if parts.scheme == "smtps" else "starttls"
    if parts.query != "tls=off" or parts.scheme != "smtp":
        raise ValueError("knows no option but ?tls=off, and that one with smtp:// only")
    if not is_loopback(parts.geturl()):
        raise ValueError("?tls=off is for a server on this machine: mail would travel in the clear")
    return "off"
