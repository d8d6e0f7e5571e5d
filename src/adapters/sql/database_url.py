"""From the database URL as people write it to the one SQLAlchemy needs."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}
# What SQLAlchemy understands itself; the rest is written for libpq, and asyncpg reads it as such.
_OUR_OPTIONS = frozenset(("host", "port", "prepared_statement_cache_size"))


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """Where the database is.

    Attributes:
        url: names the asynchronous driver.
        driver_options: what the driver's `connect` takes besides the URL.
    """

    url: URL
    driver_options: dict[str, Any] = field(default_factory=dict)


def parse_database_url(text: str) -> DatabaseAddress:
    """Read `sqlite:///path` or `postgresql://user:password@host/database?option=value`.

    Raises:
        ValueError: for anything else; the message does not repeat `text`, which may hold a
            password.
    """
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise ValueError("the database URL cannot be read") from error
    if url.drivername not in _DRIVERS:
        raise ValueError("the database URL must begin with sqlite:/// or postgresql://")
    url = url.set(drivername=_DRIVERS[url.drivername])
    return _sqlite(url) if url.get_backend_name() == "sqlite" else _postgresql(url)


def _sqlite(url: URL) -> DatabaseAddress:
    if not url.database or ":memory:" in url.database or url.query.get("mode") == "memory":
        raise ValueError("SQLite needs a file; for a throw-away server use memory://")
    return DatabaseAddress(url)


def _postgresql(url: URL) -> DatabaseAddress:
    foreign = {name: value for name, value in url.query.items() if name not in _OUR_OPTIONS}
    url = url.difference_update_query(foreign)
    if not foreign:
        return DatabaseAddress(url)
    return DatabaseAddress(url, {"dsn": f"postgresql://?{urlencode(foreign, doseq=True)}"})
