"""Deleting old rows from the database, a few at a time."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Delete, Table, TextClause, bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.engine import autocommitting
from hexkey.adapters.sql.outbox_rows import SENT, UNSENT
from hexkey.adapters.sql.tables import (
    attempt_counters,
    one_time_tokens,
    outbox,
    sessions,
    sign_in_failures,
    signing_keys,
    state_changes,
)
from hexkey.adapters.sql.unit_of_work import unit_of_work
from hexkey.application.ports.maintenance import ExpiredRows
from hexkey.domain.keys import KeyState

_A_DAY = timedelta(days=1)


def oldest(table: Table, at: Column[Any], *conditions: ColumnElement[bool] | TextClause) -> Delete:
    """Delete the oldest rows of `table`; those that somebody else is changing can wait."""
    (key,) = table.primary_key.columns
    old = (
        select(key)
        .where(at < bindparam("before"), *conditions)
        .order_by(at)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
        # Inside the condition it could be asked once for each row, and find others each time.
        .cte("old", nesting=True)
    )
    return delete(table).where(key.in_(select(old.c[key.name])))


# Two statements, because each has an index of its own.
_ENDED = oldest(sessions, sessions.c.ended_at)
_OVER = oldest(sessions, sessions.c.expires_at)
_FAILURES = oldest(attempt_counters, attempt_counters.c.kept_until)
_FAILURES_BEFORE = oldest(sign_in_failures, sign_in_failures.c.last)
_CHANGES = oldest(state_changes, state_changes.c.at)
_KEYS = oldest(
    signing_keys, signing_keys.c.state_since, signing_keys.c.state == KeyState.RETIRED.value
)
_TOKENS = oldest(one_time_tokens, one_time_tokens.c.expires_at)
_SENT = oldest(outbox, outbox.c.due_at, SENT)
_UNSENT = oldest(outbox, outbox.c.expires_at, UNSENT)


class SqlExpiredRows(ExpiredRows):
    """Every batch is one statement, and a transaction of its own."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = autocommitting(engine, writing=True)

    async def sessions(self, *, before: datetime, limit: int) -> int:
        ended = await self._delete(_ENDED, before, limit)
        return ended + await self._delete(_OVER, before, limit - ended)

    async def failures(self, *, before: datetime, limit: int) -> int:
        deleted = await self._delete(_FAILURES, before, limit)
        # The version before keeps them for a day, which nothing of this one needs.
        return deleted + await self._delete(_FAILURES_BEFORE, before - _A_DAY, limit - deleted)

    async def state_changes(self, *, before: datetime, limit: int) -> int:
        return await self._delete(_CHANGES, before, limit)

    async def retired_keys(self, *, before: datetime, limit: int) -> int:
        return await self._delete(_KEYS, before, limit)

    async def one_time_tokens(self, *, before: datetime, limit: int) -> int:
        return await self._delete(_TOKENS, before, limit)

    async def sent_messages(self, *, before: datetime, limit: int) -> int:
        return await self._delete(_SENT, before, limit)

    async def unsent_messages(self, *, before: datetime, limit: int) -> int:
        return await self._delete(_UNSENT, before, limit)

    async def _delete(self, statement: Delete, before: datetime, limit: int) -> int:
        async with unit_of_work(self._engine) as work:
            result = await work.execute(statement, {"before": before, "most": limit})
        return result.rowcount
