"""The sessions, inside a transaction on the database."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Executable, Insert, bindparam, insert, select, update

from hexkey.adapters.sql.audit_trail import recording
from hexkey.adapters.sql.change_log import PendingChanges
from hexkey.adapters.sql.session_rows import (
    SESSION_COLUMNS,
    changed_columns,
    row_from,
    session_from,
)
from hexkey.adapters.sql.tables import sessions
from hexkey.adapters.sql.unit_of_work import Work
from hexkey.application.ports.sessions import Sessions
from hexkey.domain.identifiers import SessionId, UserId
from hexkey.domain.sessions.session import Session

_BY_USER = sessions.c.user_id == bindparam("of_user")
_NOT_ENDED_OF_USER = (_BY_USER, sessions.c.ended_at.is_(None))
_LATEST_FIRST = (sessions.c.created_at.desc(), sessions.c.id.desc())

_FIND = select(*SESSION_COLUMNS).where(sessions.c.id == bindparam("id"))
_OF_USER = select(*SESSION_COLUMNS).where(*_NOT_ENDED_OF_USER).order_by(*_LATEST_FIRST)
_ALL_OF_USER = select(*SESSION_COLUMNS).where(_BY_USER).order_by(*_LATEST_FIRST)
# The number of the live refresh token only ever grows, so it stands for the whole chain.
REPLACE = update(sessions).where(
    sessions.c.id == bindparam("of_id"),
    sessions.c.ended_at.is_(None),
    sessions.c.refresh_live == bindparam("of_live"),
)
_END = (
    update(sessions)
    .where(sessions.c.id == bindparam("of_id"), sessions.c.ended_at.is_(None))
    .values(ended_at=bindparam("now"))
    .returning(sessions.c.user_id)
)
_END_BEYOND = (
    update(sessions)
    .where(
        *_NOT_ENDED_OF_USER,
        sessions.c.id.in_(
            select(sessions.c.id)
            .where(*_NOT_ENDED_OF_USER, sessions.c.id != bindparam("keep"))
            .order_by(*_LATEST_FIRST)
            .offset(bindparam("others"))
        ),
    )
    .values(ended_at=bindparam("now"))
    .returning(sessions.c.id)
)
_END_ALL = (
    update(sessions)
    .where(*_NOT_ENDED_OF_USER, sessions.c.id != bindparam("keep"))
    .values(ended_at=bindparam("now"))
    .returning(sessions.c.id)
)


class SqlSessions(Sessions):
    """The sessions, as one unit of work sees and changes them."""

    def __init__(self, work: Work, changes: PendingChanges) -> None:
        self._work = work
        self._changes = changes

    async def add(self, session: Session) -> None:
        await self._work.execute(insert(sessions), row_from(session))

    async def find(self, id: SessionId) -> Session | None:
        row = (await self._work.execute(_FIND, {"id": id})).first()
        return None if row is None else session_from(row)

    async def of_user(
        self, user: UserId, *, also_ended: bool = False, limit: int | None = None
    ) -> Sequence[Session]:
        query = _ALL_OF_USER if also_ended else _OF_USER
        rows = (await self._work.execute(query.limit(limit), {"of_user": user})).all()
        return [session_from(row) for row in rows]

    async def replace(self, old: Session, new: Session) -> bool:
        if (await self._work.execute(REPLACE, replacement(old, new))).rowcount != 1:
            return False
        if new.authenticated_at != old.authenticated_at:
            self._changes.note(new.user, at=new.authenticated_at)
        return True

    async def end(self, id: SessionId, *, now: datetime) -> bool:
        ended = (await self._work.execute(_END, {"of_id": id, "now": now})).first()
        if ended is not None:
            self._changes.note(UserId(ended.user_id), at=now)
        return ended is not None

    async def end_beyond(
        self, most: int, user: UserId, *, keep: SessionId | None, now: datetime
    ) -> Sequence[SessionId]:
        others = most - (keep is not None)
        return await self._end(_END_BEYOND, user, now, others=others, keep=keep or "")

    async def end_all(
        self, user: UserId, *, keep: SessionId | None, now: datetime
    ) -> Sequence[SessionId]:
        return await self._end(_END_ALL, user, now, keep=keep or "")

    async def _end(
        self, statement: Executable, user: UserId, now: datetime, **which: object
    ) -> Sequence[SessionId]:
        parameters = {"of_user": user, "now": now, **which}
        ended = (await self._work.execute(statement, parameters)).scalars().all()
        if ended:
            self._changes.note(user, at=now)
        return [SessionId(each) for each in ended]


@cache
def audited_replace(parameters: frozenset[str]) -> Insert:
    """`REPLACE` with these parameters, together with an event: one statement on PostgreSQL."""
    changed: dict[str, Any] = {it: bindparam(it) for it in sorted(parameters) if it in sessions.c}
    return recording(REPLACE.values(changed).returning(sessions.c.id))


def replacement(old: Session, new: Session) -> dict[str, Any]:
    """The parameters with which `REPLACE` does what `Sessions.replace` promises."""
    values = {"refresh_live": new.refresh.live, **changed_columns(old, new)}
    return values | {"of_id": old.id, "of_live": old.refresh.live}
