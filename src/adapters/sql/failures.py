"""From what databases say went wrong to what the core understands."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from hexkey.domain.errors import TemporarilyUnavailable

_SOON = timedelta(seconds=1)  # somebody else was faster
_LATER = timedelta(seconds=5)  # an operator may have to look

# https://www.sqlite.org/rescode.html: primary result codes.
_SQLITE = {
    sqlite3.SQLITE_BUSY: _SOON,
    sqlite3.SQLITE_LOCKED: _SOON,
    sqlite3.SQLITE_INTERRUPT: _SOON,
    sqlite3.SQLITE_PROTOCOL: _SOON,
    sqlite3.SQLITE_NOMEM: _LATER,
    sqlite3.SQLITE_READONLY: _LATER,
    sqlite3.SQLITE_IOERR: _LATER,
    sqlite3.SQLITE_FULL: _LATER,
    sqlite3.SQLITE_CANTOPEN: _LATER,
}
_SQLITE_PRIMARY = 0xFF

# PostgreSQL, appendix A: whole classes by two characters, single conditions by five.
_SQLSTATES = {
    "08": _LATER,  # connection exception
    "40": _SOON,  # transaction rollback: serialization failure, deadlock
    "53": _LATER,  # insufficient resources: disk full, too many connections
    "58": _LATER,  # system error
    "57014": _SOON,  # query canceled: the statement timeout
    "57P01": _LATER,  # admin shutdown
    "57P02": _LATER,  # crash shutdown
    "57P03": _LATER,  # cannot connect now
    "57P05": _LATER,  # idle session timeout
    "25006": _LATER,  # read-only transaction: a standby, or an operator's wish
    "25P03": _SOON,  # idle-in-transaction timeout
    "55P03": _SOON,  # lock not available
}


class ImpossibleRow(Exception):
    """A stored row contradicts itself; nobody may act on it."""


@contextmanager
def unavailable() -> Iterator[None]:
    """Turn what may go away by itself into `TemporarilyUnavailable`; the rest passes.

    The cause is chained for the log; what the caller sees holds nothing of it.
    """
    try:
        yield
    except PoolTimeoutError as error:
        raise TemporarilyUnavailable(retry_after=_SOON) from error
    except DBAPIError as error:
        retry_after = _retry_after(error)
        if retry_after is None:
            raise
        raise TemporarilyUnavailable(retry_after=retry_after) from error
    except OSError as error:  # no connection could be made, or no answer came in time
        raise TemporarilyUnavailable(retry_after=_LATER) from error


@contextmanager
def unavailable_by_driver() -> Iterator[None]:
    """The same for what asyncpg raises itself; what has no SQLSTATE is about the connection."""
    try:
        yield
    except OSError:
        raise  # as `unavailable` has it
    except Exception as error:
        if getattr(error, "sqlstate", None) and _retry_after_state(error) is None:
            raise
        retry_after = _retry_after_state(error) or _LATER
        raise TemporarilyUnavailable(retry_after=retry_after) from error


def _retry_after(error: DBAPIError) -> timedelta | None:
    original = error.orig
    if isinstance(original, sqlite3.Error):
        code = getattr(original, "sqlite_errorcode", None)
        return None if code is None else _SQLITE.get(code & _SQLITE_PRIMARY)
    if error.connection_invalidated:
        return _LATER
    return _retry_after_state(original)


def _retry_after_state(error: object) -> timedelta | None:
    state = getattr(error, "sqlstate", None) or ""
    return _SQLSTATES.get(state) or _SQLSTATES.get(state[:2])


def violated(error: IntegrityError) -> str:
    """What an insert or update collided with.

    Returns:
        The name of the constraint or index on PostgreSQL; on SQLite, which does not tell it, the
        columns in the form `table.column`.
    """
    cause = getattr(error.orig, "__cause__", None)
    name = getattr(cause, "constraint_name", None)
    return name or str(error.orig).rpartition(": ")[2]
