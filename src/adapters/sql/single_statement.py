"""One statement as a transaction of its own: the shortest way to the database and back.

A unit of work that is one statement needs no handle for its caller, so taking the connection,
running the statement and giving the connection back are one switch into SQLAlchemy's synchronous
core, instead of one for each of them. On PostgreSQL that halves what a look-up costs this process.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CursorResult, Engine, Executable, Row
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import greenlet_spawn

from hexkey.adapters.sql.failures import unavailable
from hexkey.adapters.sql.patience import patiently
from hexkey.adapters.sql.unit_of_work import Parameters, turn


async def rows_of(
    engine: AsyncEngine, statement: Executable, parameters: Parameters
) -> Sequence[Row[Any]]:
    """What it finds.

    Args:
        engine: an `autocommitting` one.
    """
    async with turn(engine):
        with unavailable():
            return await patiently(
                engine, greenlet_spawn(_rows, engine.sync_engine, statement, parameters)
            )


async def number_changed_by(
    engine: AsyncEngine, statement: Executable, parameters: Parameters
) -> int:
    """How many rows it inserts, updates or deletes, durably.

    Args:
        engine: an `autocommitting` one, made for `writing`.
    """
    async with turn(engine):
        with unavailable():
            return await patiently(
                engine, greenlet_spawn(_rowcount, engine.sync_engine, statement, parameters)
            )


def _rows(engine: Engine, statement: Executable, parameters: Parameters) -> Sequence[Row[Any]]:
    with engine.connect() as connection:
        return connection.execute(statement, parameters).all()


def _rowcount(engine: Engine, statement: Executable, parameters: Parameters) -> int:
    with engine.connect() as connection:
        result: CursorResult[Any] = connection.execute(statement, parameters)
        return result.rowcount
