"""Who is behind a session: one statement."""

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.engine import autocommitting
from hexkey.adapters.sql.session_rows import SESSION_COLUMNS, session_from
from hexkey.adapters.sql.single_statement import rows_of
from hexkey.adapters.sql.tables import sessions, user_roles, users
from hexkey.adapters.sql.user_rows import USER_COLUMNS, user_from
from hexkey.application.ports.sessions import SignedIn, SignedInDirectory
from hexkey.domain.identifiers import SessionId

# One statement is one snapshot, so the session and its user fit together.
_FIND = (
    select(*SESSION_COLUMNS, *USER_COLUMNS)
    .select_from(sessions.join(users).outerjoin(user_roles, user_roles.c.user_id == users.c.id))
    .where(sessions.c.id == bindparam("session"))
)


class SqlSignedInDirectory(SignedInDirectory):
    """Asks the database every time."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = autocommitting(engine)

    async def find(self, id: SessionId) -> SignedIn | None:
        rows = await rows_of(self._engine, _FIND, {"session": id})
        return SignedIn(session=session_from(rows[0]), user=user_from(rows)) if rows else None
