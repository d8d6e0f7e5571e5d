"""Leases in the database: one row for each task."""

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, or_
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.sql.dml import Insert

from hexkey.adapters.sql.engine import autocommitting
from hexkey.adapters.sql.tables import leases
from hexkey.adapters.sql.unit_of_work import unit_of_work
from hexkey.adapters.sql.upserts import upsert
from hexkey.application.ports.maintenance import Leases

_ROW: dict[str, Any] = {name: bindparam(name) for name in ("name", "holder", "until")}
_FREE = or_(leases.c.until <= bindparam("now"), leases.c.holder == bindparam("holder"))
_CHANGED: dict[str, Any] = {"holder": bindparam("holder"), "until": bindparam("until")}

_GIVE_BACK = delete(leases).where(
    leases.c.name == bindparam("name"), leases.c.holder == bindparam("holder")
)


@cache
def _take(dialect: str) -> Insert:
    return upsert(leases, dialect, new=_ROW, changed=_CHANGED, where=_FREE)


class SqlLeases(Leases):
    """Every call is one statement, and a transaction of its own."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = autocommitting(engine, writing=True)

    async def take(self, name: str, *, holder: str, now: datetime, until: datetime) -> bool:
        values = {"name": name, "holder": holder, "now": now, "until": until}
        async with unit_of_work(self._engine) as work:
            result = await work.execute(_take(work.dialect), values)
        return result.rowcount == 1

    async def give_back(self, name: str, *, holder: str) -> None:
        async with unit_of_work(self._engine) as work:
            await work.execute(_GIVE_BACK, {"name": name, "holder": holder})
