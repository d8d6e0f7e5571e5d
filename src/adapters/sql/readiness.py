"""Whether the database answers."""

from sqlalchemy import literal, select
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.engine import autocommitting
from hexkey.adapters.sql.unit_of_work import unit_of_work

_PING = select(literal(1))


async def ping(engine: AsyncEngine) -> None:
    """Return when the database has answered.

    Raises:
        TemporarilyUnavailable: if it does not.
    """
    async with unit_of_work(autocommitting(engine)) as work:
        await work.execute(_PING)
