"""Looking users up in the database."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.engine import autocommitting
from hexkey.adapters.sql.single_statement import rows_of
from hexkey.adapters.sql.tables import user_roles, users
from hexkey.adapters.sql.user_rows import USER_AND_ROLES, USER_COLUMNS, user_from
from hexkey.application.ports.accounts import EVERYBODY, UserDirectory, UserFilter, UserPage
from hexkey.domain.accounts.password import PasswordScheme
from hexkey.domain.accounts.user import User
from hexkey.domain.identifiers import UserId

_BY_ID = USER_AND_ROLES.where(users.c.id == bindparam("value"))
_BY_USERNAME = USER_AND_ROLES.where(users.c.username_key == bindparam("value"))
_BY_EMAIL = USER_AND_ROLES.where(users.c.email_key == bindparam("value"))


_HOLDS_ROLE = select(user_roles.c.user_id).where(user_roles.c.role == bindparam("role"))
# What may be asked for, and nothing else: the names are ours, and values are always bound.
_CONDITIONS: Mapping[str, ColumnElement[bool]] = {
    "username": users.c.username_key == bindparam("username"),
    "email": users.c.email_key == bindparam("email"),
    "status": users.c.status == bindparam("status"),
    "role": users.c.id.in_(_HOLDS_ROLE),
}


@cache
def _page_statement(*asked: str) -> Select[Any]:
    # The limit counts users, and a user has several rows once the roles are joined.
    ids = (
        select(users.c.id)
        .where(users.c.id > bindparam("after"), *(_CONDITIONS[name] for name in asked))
        .order_by(users.c.id)
        .limit(bindparam("limit"))
        .subquery()
    )
    joined = ids.join(users, users.c.id == ids.c.id).outerjoin(
        user_roles, user_roles.c.user_id == users.c.id
    )
    return select(*USER_COLUMNS).select_from(joined).order_by(users.c.id)


def _schemes_statement() -> Select[Any]:
    # From one value to the next in the index, so that a million users cost no more than ten:
    # DISTINCT would read them all.
    scheme = users.c.password_scheme
    found = select(func.min(scheme).label("scheme")).cte("found", recursive=True)
    following = select(func.min(scheme)).where(scheme > found.c.scheme).scalar_subquery()
    found = found.union_all(select(following).where(found.c.scheme.is_not(None)))
    return select(found.c.scheme).where(found.c.scheme.is_not(None))


_SCHEMES = _schemes_statement()


class SqlUserDirectory(UserDirectory):
    """Reads what is committed; every question is one statement."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = autocommitting(engine)

    async def find(self, id: UserId) -> User | None:
        return await self._one(_BY_ID, id)

    async def find_by_username(self, key: str) -> User | None:
        return await self._one(_BY_USERNAME, key)

    async def find_by_email(self, key: str) -> User | None:
        return await self._one(_BY_EMAIL, key)

    async def page(
        self, *, after: UserId | None, limit: int, only: UserFilter = EVERYBODY
    ) -> UserPage:
        asked = _asked(only)
        parameters = {"after": after or "", "limit": limit + 1, **asked}
        rows = await rows_of(self._engine, _page_statement(*asked), parameters)
        by_id: dict[str, list[Any]] = {}
        for row in rows:
            by_id.setdefault(row.id, []).append(row)
        found = [user_from(group) for group in by_id.values()]
        more = len(found) > limit
        return UserPage(users=found[:limit], next=found[limit - 1].id if more else None)

    async def password_schemes(self) -> frozenset[PasswordScheme]:
        rows = await rows_of(self._engine, _SCHEMES, {})
        return frozenset(PasswordScheme(scheme) for (scheme,) in rows)

    async def _one(self, statement: Select[Any], value: str) -> User | None:
        rows = await rows_of(self._engine, statement, {"value": value})
        return user_from(rows) if rows else None


def _asked(only: UserFilter) -> dict[str, str]:
    """The values of those of `_CONDITIONS` that are asked for."""
    status = None if only.is_active is None else ("active" if only.is_active else "disabled")
    wanted = {
        "username": only.username,
        "email": only.email,
        "status": status,
        "role": only.role,
    }
    return {name: value for name, value in wanted.items() if value is not None}
