"""The log of changes that other processes must hear of."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.engine import STATEMENT_TIMEOUT, autocommitting
from hexkey.adapters.sql.tables import state_changes
from hexkey.adapters.sql.unit_of_work import Work, unit_of_work
from hexkey.application.ports.changes import CHANGES_AT_A_TIME, ChangeLog, StateChange
from hexkey.domain.identifiers import UserId

BELL_CHANNEL = "hexkey_state_changes"

_LATEST = select(func.coalesce(func.max(state_changes.c.sequence), 0))
_AFTER = (
    select(state_changes.c.sequence, state_changes.c.user_id, state_changes.c.at)
    .where(state_changes.c.sequence > bindparam("sequence"))
    .order_by(state_changes.c.sequence)
    .limit(CHANGES_AT_A_TIME)
)
# Heard by those who listen when the transaction is committed, and only then.
_RING = text(f"NOTIFY {BELL_CHANNEL}")


class PendingChanges:
    """The changes of one transaction, written at its end.

    Not before: on PostgreSQL numbers are given out in another order than they become visible,
    and nothing may come in between but the commit itself.
    """

    def __init__(self) -> None:
        self._at: dict[UserId, datetime] = {}

    def note(self, user: UserId, *, at: datetime) -> None:
        """The user, or one of their sessions, was changed."""
        self._at[user] = at

    async def write(self, work: Work) -> None:
        """Append them to the log, in the transaction of `work`, which is about to be committed."""
        rows = [{"user_id": user, "at": at} for user, at in self._at.items()]
        await work.execute_all(insert(state_changes), rows)
        if rows and work.dialect == "postgresql":
            await work.execute(_RING)
        self._at.clear()


class SqlChangeLog(ChangeLog):
    """Reads what is committed; every question is one statement."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = autocommitting(engine)

    @property
    def settling(self) -> timedelta:
        if self._engine.dialect.name == "sqlite":
            return timedelta(0)  # one writer at a time: numbers become visible in their order
        # A transaction that stalls before its commit is ended by the server after twice the
        # statement timeout; the rest is for the commit itself.
        return 4 * STATEMENT_TIMEOUT

    async def latest(self) -> int:
        async with unit_of_work(self._engine) as work:
            number: int = (await work.execute(_LATEST)).scalar_one()
        return number

    async def after(self, sequence: int) -> Sequence[StateChange]:
        async with unit_of_work(self._engine) as work:
            rows = (await work.execute(_AFTER, {"sequence": sequence})).all()
        return [StateChange(row.sequence, UserId(row.user_id), row.at) for row in rows]
