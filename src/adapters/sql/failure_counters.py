"""Failed attempts in the database. Every call is one statement, and a transaction of its own."""

from datetime import datetime
from functools import cache

from sqlalchemy import bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.sql.dml import Insert

from hexkey.adapters.sql.engine import autocommitting
from hexkey.adapters.sql.tables import sign_in_failures
from hexkey.adapters.sql.unit_of_work import unit_of_work
from hexkey.adapters.sql.upserts import upsert
from hexkey.application.ports.authentication import FailureCounters
from hexkey.domain.authentication.throttle import Failures

_table = sign_in_failures
_NEW = {"key": bindparam("key"), "count": 1, "last": bindparam("now")}
# Counted by the database, so that attempts at the same instant cannot overwrite each other.
_COUNTED = {"count": _table.c["count"] + 1, "last": bindparam("now")}

_FIND = select(_table.c["count"].label("number"), _table.c.last).where(
    _table.c.key == bindparam("key")
)
_CLEAR = delete(_table).where(_table.c.key == bindparam("key"))


@cache
def _record(dialect: str) -> Insert:
    return upsert(_table, dialect, new=_NEW, changed=_COUNTED)


class SqlFailureCounters(FailureCounters):
    """One row for each key."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._reading = autocommitting(engine)
        self._writing = autocommitting(engine, writing=True)

    async def find(self, key: str) -> Failures | None:
        async with unit_of_work(self._reading) as work:
            row = (await work.execute(_FIND, {"key": key})).first()
        return None if row is None else Failures(count=row.number, last=row.last)

    async def record(self, key: str, *, now: datetime) -> None:
        async with unit_of_work(self._writing) as work:
            await work.execute(_record(work.dialect), {"key": key, "now": now})

    async def clear(self, key: str) -> None:
        async with unit_of_work(self._writing) as work:
            await work.execute(_CLEAR, {"key": key})
