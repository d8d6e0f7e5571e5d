"""Who and what was refused lately, from the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Column, Row, Select, and_, bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.engine import autocommitting
from hexkey.adapters.sql.tables import sessions, users
from hexkey.adapters.sql.unit_of_work import unit_of_work
from hexkey.application.ports.revocations import DisabledUser, EndedSession, Revocations
from hexkey.domain.identifiers import SessionId, UserId


def _in_order(id: Column[Any], at: Column[Any]) -> Select[Any]:
    # `at >= since` says no more than the rest, but it is what the index understands.
    since: BindParameter[Any] = bindparam("since")
    place = or_(at > since, and_(at == since, id > bindparam("after")))
    ordered = select(id.label("id"), at.label("at")).where(at >= since, place)
    return ordered.order_by(at, id).limit(bindparam("limit"))


_ENDED = _in_order(sessions.c.id, sessions.c.ended_at)
_DISABLED = _in_order(users.c.id, users.c.disabled_at)


class SqlRevocations(Revocations):
    """Reads what is committed; every question is one statement."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = autocommitting(engine)

    async def ended_sessions(
        self, *, since: datetime, after: SessionId | None = None, limit: int
    ) -> Sequence[EndedSession]:
        rows = await self._rows(_ENDED, since, after, limit)
        return [EndedSession(SessionId(row.id), row.at) for row in rows]

    async def disabled_users(
        self, *, since: datetime, after: UserId | None = None, limit: int
    ) -> Sequence[DisabledUser]:
        rows = await self._rows(_DISABLED, since, after, limit)
        return [DisabledUser(UserId(row.id), row.at) for row in rows]

    async def _rows(
        self, statement: Select[Any], since: datetime, after: str | None, limit: int
    ) -> Sequence[Row[Any]]:
        parameters = {"since": since, "after": after or "", "limit": limit}
        async with unit_of_work(self._engine) as work:
            return (await work.execute(statement, parameters)).all()
