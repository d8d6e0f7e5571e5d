# ruff: noqa: SLF001 - it extends an adapter of SQLAlchemy, whose parts are private to it
"""aiosqlite with one hop to its thread for each statement, where SQLAlchemy's adapter takes four.

Opening a cursor, executing, fetching and closing are one task for the thread, because every hop
costs more than the statement itself. Nothing is rolled back where nothing was begun.
"""

import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)
from sqlalchemy.util.concurrency import await_


class _Outcome(NamedTuple):
    rows: Sequence[Any]
    description: Any
    rowcount: int
    lastrowid: Any


_NOTHING = _Outcome((), None, -1, None)


class OneHopCursor(AsyncAdapt_aiosqlite_cursor):
    """Holds what a statement left; the real cursor is closed by then."""

    __slots__ = ("_outcome",)

    def __init__(self, adapt_connection: AsyncAdapt_aiosqlite_connection) -> None:
        self._adapt_connection = adapt_connection
        self._connection = adapt_connection._connection
        self._rows = deque()
        self._outcome = _NOTHING

    @property
    def description(self) -> Any:
        return self._outcome.description

    @property
    def rowcount(self) -> int:
        return self._outcome.rowcount

    @property
    def lastrowid(self) -> Any:
        return self._outcome.lastrowid

    def execute(self, operation: Any, parameters: Any = None) -> None:
        self._run(lambda cursor: cursor.execute(operation, parameters or ()))

    def executemany(self, operation: Any, seq_of_parameters: Any) -> None:
        self._run(lambda cursor: cursor.executemany(operation, seq_of_parameters))

    async def _async_soft_close(self) -> None:
        """There is nothing left to close."""

    def close(self) -> None:
        self._rows.clear()

    def _run(self, statement: Callable[[sqlite3.Cursor], object]) -> None:
        connection: Any = self._connection
        try:
            self._outcome = await_(connection._execute(_outcome, connection._conn, statement))
        except Exception as error:  # noqa: BLE001 - SQLAlchemy sorts them, and raises
            self._adapt_connection._handle_exception(error)
        self._rows = deque(self._outcome.rows)


def _outcome(
    connection: sqlite3.Connection, statement: Callable[[sqlite3.Cursor], object]
) -> _Outcome:
    cursor = connection.cursor()
    try:
        statement(cursor)
        rows = cursor.fetchall() if cursor.description else ()
        return _Outcome(rows, cursor.description, cursor.rowcount, cursor.lastrowid)
    finally:
        cursor.close()


class OneHopConnection(AsyncAdapt_aiosqlite_connection):
    """A connection whose cursors hop once."""

    __slots__ = ()

    _cursor_cls: Any = OneHopCursor

    def rollback(self) -> None:
        connection: Any = self._connection
        # A statement that was cancelled on its way has made SQLAlchemy drop the connection, so
        # none can be under way here that is about to begin a transaction.
        if connection._connection is not None and connection.in_transaction:
            super().rollback()


class OneHopDriver(AsyncAdapt_aiosqlite_dbapi):
    """The driver's module, as `create_async_engine(module=…)` takes it."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)

    def connect(self, *arg: Any, **kw: Any) -> OneHopConnection:
        connection = super().connect(*arg, **kw)
        return OneHopConnection(self, connection._connection)
