"""When sessions were last used, in the database."""

from collections.abc import Sequence

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.tables import sessions
from hexkey.adapters.sql.unit_of_work import unit_of_work
from hexkey.application.ports.sightings import SessionSightings
from hexkey.domain.sessions.session import Session

_STORED, _INSTANT = sessions.c, sessions.c.expires_at.type
_AT = bindparam("at", type_=_INSTANT)
# Versions before 0002 leave NULL; `session_rows` says what it means.
_MAY_BE_SEEN = (
    _STORED.id == bindparam("of_id"),
    _STORED.ended_at.is_(None),
    func.coalesce(_STORED.last_seen_at, _STORED.created_at, type_=_INSTANT) < _AT,
    func.coalesce(_STORED.idle_until, _STORED.expires_at, type_=_INSTANT) > _AT,
)
# Whoever holds the row's lock refreshes or ends the session, and says more of it than we do. Not
# to wait for them also means that the many rows of one transaction can be part of no deadlock.
_FREE = select(_STORED.id).where(*_MAY_BE_SEEN).with_for_update(skip_locked=True)
_RECORD = (
    update(sessions)
    .where(*_MAY_BE_SEEN, _STORED.id.in_(_FREE))
    .values(last_seen_at=_AT, idle_until=bindparam("until", type_=_INSTANT))
)


class SqlSessionSightings(SessionSightings):
    """Runs one statement for all of them, in one round trip and one commit."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def record(self, seen: Sequence[Session]) -> None:
        rows = [{"of_id": it.id, "at": it.last_seen_at, "until": it.idle_until} for it in seen]
        async with unit_of_work(self._engine) as work:
            await work.execute_all(_RECORD, rows)
            await work.commit()
