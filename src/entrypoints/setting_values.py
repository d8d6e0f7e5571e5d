"""How the values of settings are read: strictly, so that a slip is an error and not a surprise."""

import ipaddress
import re
from email.utils import parseaddr
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

STORAGE_BY_SCHEME = {
    "memory": "memory",
    "sqlite": "sql",
    "sqlite+aiosqlite": "sql",
    "postgres": "sql",
    "postgresql": "sql",
    "postgresql+asyncpg": "sql",
}
"""Which family of storage adapters serves a URL."""


def strict_bool(value: object) -> object:
    """`true` or `false` and nothing that merely looks like one (CVE-2014-7144)."""
    if isinstance(value, str):
        if value.lower() not in ("true", "false"):
            raise ValueError("must be true or false")
        return value.lower() == "true"
    return value


def words(value: object) -> object:
    """The parts of a comma-separated text, without the spaces around them."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def exact_origin(value: str) -> str:
    """A browser origin: scheme, host and port, and nothing else."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or "*" in value:
        raise ValueError("must be exact origins such as https://app.example.com, never *")
    if value != f"{parts.scheme}://{parts.netloc}" or "@" in parts.netloc:
        raise ValueError("an origin has no path, no slash at the end and no user")
    return value.lower()


def host_name(value: str) -> str:
    """A host name or address, without a port."""
    if not value or "*" in value or "/" in value or value.rpartition(":")[2].isdecimal():
        raise ValueError("must be host names without port or wildcard")
    return value.lower().strip("[]")


def network(value: str) -> str:
    """An address or a network in CIDR notation."""
    try:
        return str(ipaddress.ip_network(value))
    except ValueError:
        raise ValueError("must be addresses or networks such as 10.0.0.0/8") from None


def database_address(value: SecretStr) -> SecretStr:
    """The URL of a database we know how to use; what is wrong is said without repeating any of it.

    The rest of the URL is for the driver to judge.
    """
    url = value.get_secret_value()
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in STORAGE_BY_SCHEME:
        raise ValueError("must begin with postgresql://, sqlite:/// or memory://")
    path = rest.partition("?")[0]
    names_file = path.startswith("/") and path != "/" and ":memory:" not in rest
    if scheme.startswith("sqlite") and not names_file:
        raise ValueError("SQLite needs a file, as in sqlite:///path; memory:// needs none")
    if _port(url) is None:
        raise ValueError("has a port or a host that cannot be")
    return value


def _port(url: str) -> int | None:
    """The port of `url`, 0 if it names none; `None` if that cannot be read."""
    try:
        return urlsplit(url).port or 0
    except ValueError:
        return None


def public_url(value: str) -> str:
    """An absolute http(s) URL without query, fragment or user; a final slash is dropped."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ValueError("must be a URL such as https://auth.example.com")
    if parts.query or parts.fragment or _port(value) is None:
        raise ValueError("must not have a query or a fragment, and its port must be one")
    return value.rstrip("/")


def root_path(value: str) -> str:
    """Empty, or a path that begins with a slash and does not end with one."""
    if value and (not value.startswith("/") or value.endswith("/")):
        raise ValueError("must begin with a slash and not end with one")
    return value


def adapter_choices(value: object) -> object:
    """`port=name` pairs as a mapping."""
    if isinstance(value, str):
        pairs = [part.strip().partition("=") for part in value.split(",") if part.strip()]
        if not all(port and name for port, _, name in pairs):
            raise ValueError("must be pairs such as common_passwords=our_list")
        return {port.strip(): name.strip() for port, _, name in pairs}
    return value


def is_loopback(url: str) -> bool:
    """Whether `url` leads to this machine only."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def mailbox(value: str) -> str:
    """`local@host`, or `Name <local@host>`; printable, and so inert in a header."""
    address = parseaddr(value)[1]
    if not value.isprintable() or not re.fullmatch(r"[^@\s<>,;]+@[^@\s<>,;]+", address):
        raise ValueError("must be an address, or a name and <an address>")
    if value != address and not value.endswith(f"<{address}>"):
        raise ValueError("must be one address, or a name and <an address>")
    return value


Flag = Annotated[bool, BeforeValidator(strict_bool)]
Origins = Annotated[
    tuple[Annotated[str, AfterValidator(exact_origin)], ...], NoDecode, BeforeValidator(words)
]
Hosts = Annotated[
    tuple[Annotated[str, AfterValidator(host_name)], ...], NoDecode, BeforeValidator(words)
]
Networks = Annotated[
    tuple[Annotated[str, AfterValidator(network)], ...], NoDecode, BeforeValidator(words)
]
Scopes = Annotated[tuple[str, ...], NoDecode, BeforeValidator(words)]
Url = Annotated[str, AfterValidator(public_url)]
DatabaseUrl = Annotated[SecretStr, AfterValidator(database_address)]
Prefix = Annotated[str, AfterValidator(root_path)]
Choices = Annotated[dict[str, str], NoDecode, BeforeValidator(adapter_choices)]
