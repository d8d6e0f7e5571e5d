"""The engine: one pool of connections, set up so that nothing acknowledged is ever lost."""

import asyncio
import sqlite3
from contextlib import suppress
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import Connection, ExceptionContext, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from hexkey.adapters.sql.database_url import DatabaseAddress, parse_database_url
from hexkey.adapters.sql.patience import patience

BUSY_TIMEOUT = timedelta(seconds=4)  # how long a SQLite writer waits for another one
STATEMENT_TIMEOUT = timedelta(seconds=4)  # less than a request's patience, to end on its own
CONNECT_TIMEOUT = timedelta(seconds=3)
POOL_TIMEOUT = timedelta(seconds=2.5)  # how long a unit of work waits for a connection
POOL_SIZE = 10

_BUSY_MILLISECONDS = BUSY_TIMEOUT // timedelta(milliseconds=1)
_BUSY = "hexkey_busy"
_AUTOCOMMIT = "hexkey_autocommit"
_TURN = "hexkey_turn"

# synchronous=FULL: a commit that was acknowledged survives a power cut.
_PRAGMAS = (
    f"busy_timeout={_BUSY_MILLISECONDS}",  # first: the next one may wait
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
)

Isolation = Literal["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"]


def make_engine(
    url: str,
    *,
    pool_size: int = POOL_SIZE,
    pool_timeout: timedelta = POOL_TIMEOUT,
    isolation: Isolation = "READ COMMITTED",
) -> AsyncEngine:
    """Make the engine for a URL as `parse_database_url` reads it; nothing is connected yet.

    Dispose of it before the event loop ends.

    Args:
        pool_size: the most connections that are ever open.
        pool_timeout: how long a unit of work waits for one.
        isolation: of write transactions on PostgreSQL; those of SQLite are serial anyway. Single
            statements are read committed, unless the URL says otherwise.
    """
    address = parse_database_url(url)
    pool: dict[str, Any] = {
        "pool_size": pool_size,
        "max_overflow": 0,
        "pool_timeout": pool_timeout.total_seconds(),
        "pool_use_lifo": True,  # the warm one first
        "hide_parameters": True,  # or an error in the log would show hashes and addresses
    }
    if address.url.get_backend_name() == "sqlite":
        return _sqlite_engine(address, pool)
    return _postgresql_engine(address, pool, isolation)


def autocommitting(engine: AsyncEngine, *, writing: bool = False) -> AsyncEngine:
    """The same pool, for single statements: each is a transaction of its own, without `BEGIN`.

    Args:
        writing: whether they change anything.
    """
    if engine.dialect.name == "sqlite":
        options = {} if writing else {_TURN: None}
        return engine.execution_options(**{_AUTOCOMMIT: True}, **options)
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def turn_of(engine: AsyncEngine) -> asyncio.Lock | None:
    """What a unit of work holds while it may write; `None` if it need not wait for others."""
    turn: asyncio.Lock | None = engine.sync_engine.get_execution_options().get(_TURN)
    return turn


def _sqlite_engine(address: DatabaseAddress, pool: dict[str, Any]) -> AsyncEngine:
    # SQLite lets one write at a time, and makes the others sleep and look again: in this process
    # they stand in line instead, and hold no connection meanwhile.
    turn = {_TURN: asyncio.Lock()}
    engine = create_async_engine(address.url, execution_options=turn, **pool)
    event.listen(engine.sync_engine, "connect", _set_up_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    event.listen(engine.sync_engine, "invalidate", _let_go_sqlite)
    event.listen(engine.sync_engine, "handle_error", _give_up_read_only)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # or the driver begins transactions when it likes
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later would find its snapshot outdated and could
    # only fail, so a writer takes the write lock at once and waits for it.
    _wait_at_most(connection, patience(BUSY_TIMEOUT))
    if not connection.get_execution_options().get(_AUTOCOMMIT):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _wait_at_most(connection: Connection, time: timedelta) -> None:
    milliseconds = time // timedelta(milliseconds=1)
    if connection.info.get(_BUSY, _BUSY_MILLISECONDS) != milliseconds:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={milliseconds}")
        connection.info[_BUSY] = milliseconds


def _let_go_sqlite(connection: Any, _record: object, _error: BaseException | None) -> None:
    # The pool closes a connection whose statement was canceled. SQLite keeps a closed one, and its
    # lock, for as long as anything still refers to the statement: every writer would wait for it.
    with suppress(sqlite3.Error):
        connection.rollback()


def _give_up_read_only(context: ExceptionContext) -> None:
    # Opened while the file was read-only, it stays so when the file is no longer.
    code = getattr(context.original_exception, "sqlite_errorcode", 0)
    if code & 0xFF == sqlite3.SQLITE_READONLY:
        context.is_disconnect = True
        context.invalidate_pool_on_disconnect = False


def _postgresql_engine(
    address: DatabaseAddress, pool: dict[str, Any], isolation: Isolation
) -> AsyncEngine:
    from hexkey.adapters.sql.farewell import BriefConnection  # noqa: PLC0415  # an extra's driver

    milliseconds = STATEMENT_TIMEOUT // timedelta(milliseconds=1)
    settings = {
        "application_name": "hexkey",
        "statement_timeout": str(milliseconds),
        "idle_in_transaction_session_timeout": str(2 * milliseconds),
        # Of single statements; at another level, those that count together would fail, not wait.
        "default_transaction_isolation": "read committed",
    }
    arguments = {
        "dsn": address.dsn,
        "timeout": CONNECT_TIMEOUT.total_seconds(),
        # A server that no longer answers at all cannot end a statement either; one that does comes
        # first, and leaves the connection usable.
        "command_timeout": STATEMENT_TIMEOUT.total_seconds() + 1,
        "connection_class": BriefConnection,
        # What the URL says wins.
        "server_settings": {k: v for k, v in settings.items() if k not in address.libpq_options},
    }
    engine = create_async_engine(
        address.url, **pool, isolation_level=isolation, connect_args=arguments
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


def _refuse_closed(connection: Any, _record: object, _proxy: object) -> None:
    """Make the pool replace a connection whose server went away while it lay idle.

    The event loop has seen the server hang up, so no round trip is needed to know.
    """
    if connection.driver_connection.is_closed():
        raise DisconnectionError
