"""One unit of work: one connection, from its first statement to its last."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, Executable
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hexkey.adapters.sql.engine import BUSY_TIMEOUT, turn_of
from hexkey.adapters.sql.failures import unavailable
from hexkey.adapters.sql.patience import patience, patiently, waiting

Parameters = Mapping[str, Any]
_T = TypeVar("_T")


class Work:
    """Runs statements; failures that may pass are `TemporarilyUnavailable`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._connection.dialect.name

    async def execute(
        self, statement: Executable, parameters: Parameters | None = None
    ) -> CursorResult[Any]:
        """Run one statement; its rows are read already."""
        with unavailable():
            return await self._patiently(self._connection.execute(statement, parameters))

    async def execute_all(self, statement: Executable, rows: list[dict[str, Any]]) -> None:
        """Run one statement for each of `rows`, of which there may be none."""
        if rows:
            with unavailable():
                await self._patiently(self._connection.execute(statement, rows))

    async def run_sync(self, deed: Callable[[Connection], None]) -> None:
        """Run synchronous code on this connection, inside this transaction."""
        with unavailable():
            await self._connection.run_sync(deed)

    async def commit(self) -> None:
        """Make everything durable at once."""
        with unavailable():
            try:
                await self._patiently(self._connection.commit())
            except BaseException:
                # SQLite is still in the transaction, and SQLAlchemy thinks that it is not: the
                # pool would hand out a connection that holds the write lock.
                await asyncio.shield(self._connection.rollback())
                raise

    async def _patiently(self, deed: Awaitable[_T]) -> _T:
        return await patiently(self._connection.engine, deed)


@asynccontextmanager
async def unit_of_work(engine: AsyncEngine) -> AsyncIterator[Work]:
    """Take a connection and begin; what was not committed at the end is undone."""
    async with turn(engine), _connected(engine) as connection:
        yield Work(connection)


@asynccontextmanager
async def turn(engine: AsyncEngine) -> AsyncIterator[None]:
    """Hold what only one unit of work of this process may hold, where there is such a thing."""
    lock = turn_of(engine)
    if lock is None:
        yield
        return
    with unavailable():
        async with asyncio.timeout(patience(BUSY_TIMEOUT).total_seconds()):
            with waiting():
                await lock.acquire()
    try:
        yield
    finally:
        lock.release()


@asynccontextmanager
async def _connected(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    connection = engine.connect()
    with unavailable():
        await patiently(engine, connection.start())
    try:
        with unavailable():
            await patiently(engine, connection.begin())
        yield connection
    finally:
        with unavailable():
            # Shielded: a request that is cancelled must not leave a transaction open in the pool.
            await asyncio.shield(connection.close())
