"""Administrators, in the database: whether there ever was one, and that one is left."""

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.sql.dml import Insert

from hexkey.adapters.sql.access_tables import administration
from hexkey.adapters.sql.tables import user_roles, users
from hexkey.adapters.sql.unit_of_work import Work
from hexkey.adapters.sql.upserts import upsert
from hexkey.application.ports.access import Administration
from hexkey.domain.access import ADMIN
from hexkey.domain.accounts.user import LastAdministrator
from hexkey.domain.identifiers import UserId

_THE_ROW = 1
_stored = administration.c

_BEGUN_AT = select(_stored.begun_at).where(_stored.id == _THE_ROW)
_HOLDS = select(user_roles.c.role).where(user_roles.c.role == ADMIN).limit(1)
# The same as `User.can_administer`.
_ANOTHER = (
    select(users.c.id)
    .join(user_roles)
    .where(
        user_roles.c.role == ADMIN,
        users.c.status == "active",
        users.c.erase_at.is_(None),
        or_(users.c.password_hash.is_not(None), users.c.email_verified.is_(True)),
        users.c.id != bindparam("id"),
    )
    .limit(1)
)


@cache
def _turn(dialect: str) -> Insert:
    """Change the one row, whether it is there or not: only one transaction at a time can."""
    return upsert(
        administration,
        dialect,
        new={"id": _THE_ROW, "begun_at": None, "revision": 0},
        changed={"revision": _stored.revision + 1},
    )


@cache
def _note(dialect: str) -> Insert:
    at: Any = bindparam("at", type_=_stored.begun_at.type)
    return upsert(
        administration,
        dialect,
        new={"id": _THE_ROW, "begun_at": at, "revision": 0},
        changed={
            "begun_at": func.coalesce(_stored.begun_at, at, type_=_stored.begun_at.type),
            "revision": _stored.revision + 1,
        },
    )


class SqlAdministration(Administration):
    """Administration, as one unit of work sees and changes it."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def has_begun(self) -> bool:
        if (await self._work.execute(_BEGUN_AT)).scalar() is not None:
            return True
        # An instance of a version before may have given the role and told nobody.
        return (await self._work.execute(_HOLDS)).first() is not None

    async def begin(self, *, now: datetime) -> bool:
        await self._work.execute(_turn(self._work.dialect))
        if await self.has_begun():
            return False
        await self.note(at=now)
        return True

    async def note(self, *, at: datetime) -> None:
        """Somebody is given the role `admin`."""
        await self._work.execute(_note(self._work.dialect), {"at": at})

    async def ensure_left_without(self, user: UserId) -> None:
        """Wait for others who take an administrator away; then see that one is left.

        Raises:
            LastAdministrator: if nobody but `user` can administer.
        """
        await self._work.execute(_turn(self._work.dialect))
        if (await self._work.execute(_ANOTHER, {"id": user})).first() is None:
            raise LastAdministrator
