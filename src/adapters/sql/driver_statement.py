"""One statement, spoken to PostgreSQL's driver itself: less than half of what it costs otherwise.

For what stands before every sign-in, and is written in PostgreSQL's own words anyway. The pool, its
limits and its checks are those of the engine.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import await_only, greenlet_spawn

from hexkey.adapters.sql.failures import unavailable, unavailable_by_driver
from hexkey.adapters.sql.patience import patiently


async def fetched(engine: AsyncEngine, statement: str, *arguments: object) -> Sequence[Any]:
    """What a statement finds or returns; it is a transaction of its own.

    Args:
        statement: with `$1`, `$2` … for `arguments`. The driver prepares it once a connection.
    """
    with unavailable():
        return await patiently(
            engine, greenlet_spawn(_fetched, engine.sync_engine, statement, arguments)
        )


def _fetched(engine: Engine, statement: str, arguments: tuple[object, ...]) -> Sequence[Any]:
    pooled = engine.raw_connection()
    try:
        with unavailable_by_driver():
            driver: Any = pooled.driver_connection
            rows: Sequence[Any] = await_only(driver.fetch(statement, *arguments))
            return rows
    except BaseException:
        # Nobody knows what it was in the middle of; the next one gets a fresh connection.
        pooled.invalidate()
        raise
    finally:
        pooled.close()
