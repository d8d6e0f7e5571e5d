"""The sessions, inside a transaction on the database."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update

from hexkey.adapters.sql.failures import ImpossibleRow
from hexkey.adapters.sql.tables import sessions
from hexkey.adapters.sql.unit_of_work import Work
from hexkey.application.ports.sessions import Sessions
from hexkey.domain.identifiers import SessionId, UserId
from hexkey.domain.sessions.session import Session

# Labeled, because they are also read beside the columns of the user.
SESSION_COLUMNS = tuple(column.label(f"session_{column.name}") for column in sessions.c)

_FIND = select(*SESSION_COLUMNS).where(sessions.c.id == bindparam("id"))
_END_ALL = (
    update(sessions)
    .where(
        sessions.c.user_id == bindparam("of_user"),
        sessions.c.ended_at.is_(None),
        sessions.c.id != bindparam("keep"),
    )
    .values(ended_at=bindparam("now"))
)


class SqlSessions(Sessions):
    """The sessions, as one unit of work sees and changes them."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def add(self, session: Session) -> None:
        await self._work.execute(insert(sessions), _row_from(session))

    async def find(self, id: SessionId) -> Session | None:
        row = (await self._work.execute(_FIND, {"id": id})).first()
        return None if row is None else session_from(row)

    async def end_all(self, user: UserId, *, keep: SessionId | None, now: datetime) -> None:
        parameters = {"of_user": user, "keep": keep or "", "now": now}
        await self._work.execute(_END_ALL, parameters)


def _row_from(session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "user_id": session.user,
        "created_at": session.created_at,
        "expires_at": session.expires_at,
        "ended_at": session.ended_at,
    }


def session_from(row: Row[Any]) -> Session:
    """The session in `SESSION_COLUMNS` of `row`.

    Raises:
        ImpossibleRow: if it is over before it began.
    """
    if row.session_expires_at <= row.session_created_at:
        raise ImpossibleRow(f"session {row.session_id} expires before it begins")
    return Session(
        id=SessionId(row.session_id),
        user=UserId(row.session_user_id),
        created_at=row.session_created_at,
        expires_at=row.session_expires_at,
        ended_at=row.session_ended_at,
    )
