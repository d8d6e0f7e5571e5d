"""A bell by LISTEN and NOTIFY: PostgreSQL rings it itself when a change is committed."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

import asyncpg
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

from hexkey.adapters.sql.change_log import BELL_CHANNEL
from hexkey.adapters.sql.database_url import parse_database_url
from hexkey.adapters.sql.engine import CONNECT_TIMEOUT
from hexkey.application.ports.changes import ChangeBell

HEARTBEAT = timedelta(seconds=10)  # a connection that died in silence is noticed
FIRST_PAUSE = timedelta(milliseconds=200)  # before a broken connection is made again
LONGEST_PAUSE = timedelta(seconds=10)

_BROKEN = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class PostgresBell(ChangeBell):
    """Hears what `SqlStore` rings, over a connection of its own, outside of the pool.

    Args:
        url: as `parse_database_url` reads it; not of a pooler that hands out a connection for
            each transaction, because those hear nothing.
    """

    def __init__(self, url: str) -> None:
        self._address = parse_database_url(url)
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Do nothing: the store rings in the transaction, so that no ring is lost."""

    async def listen(self) -> None:
        pause = FIRST_PAUSE
        while True:
            with suppress(*_BROKEN):
                connection = await self._connected()
                pause = FIRST_PAUSE
                await self._hear(connection)
            await asyncio.sleep(pause.total_seconds())
            pause = min(2 * pause, LONGEST_PAUSE)

    async def wait(self, *, at_most: timedelta) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(at_most.total_seconds()):
                await self._rung.wait()
        self._rung.clear()

    async def _hear(self, connection: Any) -> None:
        seconds = HEARTBEAT.total_seconds()
        broken = asyncio.Event()
        connection.add_termination_listener(lambda _: broken.set())
        try:
            await connection.add_listener(BELL_CHANNEL, lambda *_: self._rung.set())
            self._rung.set()  # whatever rang before was not heard
            while not broken.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await broken.wait()
                    return
                await connection.execute("SELECT 1", timeout=seconds)
        finally:
            connection.terminate()

    async def _connected(self) -> Any:
        connecting = asyncio.create_task(self._connect())
        try:
            return await asyncio.shield(connecting)
        except asyncio.CancelledError:
            # asyncpg cannot be interrupted here without a complaint in the log.
            with suppress(*_BROKEN):
                (await connecting).terminate()
            raise

    async def _connect(self) -> Any:
        dialect: Any = PGDialect_asyncpg
        _, arguments = dialect().create_connect_args(self._address.url)
        arguments.pop("prepared_statement_cache_size", None)  # SQLAlchemy's own word
        return await asyncpg.connect(
            dsn=self._address.dsn,
            timeout=CONNECT_TIMEOUT.total_seconds(),
            server_settings={"application_name": "hexkey"},
            **arguments,
        )
