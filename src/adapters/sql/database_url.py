"""From the database URL as people write it to the one SQLAlchemy needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
        libpq_options: what else the URL said, in the words of PostgreSQL's own programs.
    """

    url: URL
    libpq_options: Mapping[str, str | Sequence[str]] = field(default_factory=dict)

    @property
    def dsn(self) -> str | None:
        """The options in the form in which asyncpg reads them, TLS files and all."""
        options = urlencode(self.libpq_options, doseq=True)
        return f"postgresql://?{options}" if options else None


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
    return DatabaseAddress(url.difference_update_query(foreign), foreign)
