"""One-time tokens, inside a transaction on the database."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, or_, select, update
from sqlalchemy.sql.dml import Insert

from hexkey.adapters.sql.one_time_token_rows import row_from, token_from
from hexkey.adapters.sql.tables import one_time_tokens
from hexkey.adapters.sql.unit_of_work import Work
from hexkey.adapters.sql.upserts import upsert
from hexkey.application.ports.one_time_tokens import OneTimeTokens
from hexkey.domain.accounts.one_time_token import VOID_WITH_PASSWORD, OneTimeToken, Purpose
from hexkey.domain.identifiers import UserId

_table = one_time_tokens
_SUBJECT = (_table.c.purpose, _table.c.subject)

_BY_ID = select(_table).where(_table.c.id == bindparam("id"))
_FIND = select(_table).where(_table.c.digest == bindparam("digest")).with_for_update()
_FIND_FOR = (
    select(_table)
    .where(_table.c.purpose == bindparam("purpose"), _table.c.subject == bindparam("subject"))
    .with_for_update()
)
_OF_USER = (
    select(_table)
    .where(_table.c.user_id == bindparam("user"))
    .order_by(_table.c.created_at, _table.c.id)
)
# Nothing else of a token ever changes.
_REPLACE = (
    update(_table)
    .where(
        _table.c.id == bindparam("of_id"),
        _table.c.used_at.is_not_distinct_from(bindparam("of_used_at", type_=_table.c.used_at.type)),
        _table.c.tries == bindparam("of_tries"),
    )
    .values(used_at=bindparam("used_at"), tries=bindparam("tries"))
)
_VOID = (
    update(_table)
    .where(
        _table.c.user_id == bindparam("of_user"),
        _table.c.used_at.is_(None),
        _table.c.purpose.in_(bindparam("purposes", expanding=True)),
    )
    .values(used_at=_table.c.created_at)
)
_VOID_AFTER = _VOID.where(_table.c.created_at > bindparam("after"))


@cache
def _put(dialect: str) -> Insert:
    new: dict[str, Any] = {column.name: bindparam(column.name) for column in _table.c}
    older = or_(
        _table.c.created_at < bindparam("created_at"),
        and_(_table.c.created_at == bindparam("created_at"), _table.c.id < bindparam("id")),
        _table.c.created_at > bindparam("now", type_=_table.c.created_at.type),
    )
    return upsert(_table, dialect, new=new, changed=new, where=older, key=_SUBJECT)


class SqlOneTimeTokens(OneTimeTokens):
    """The one-time tokens, as one unit of work sees and changes them."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def put(self, token: OneTimeToken, *, now: datetime | None = None) -> OneTimeToken | None:
        # Its subject may have been another one when it was put before.
        known = await self._one(_BY_ID, {"id": token.id})
        if known is not None:
            return known
        row = {**row_from(token), "now": now}
        kept = (await self._work.execute(_put(self._work.dialect), row)).rowcount == 1
        return token if kept else None

    async def find(self, digest: str) -> OneTimeToken | None:
        return await self._one(_FIND, {"digest": digest})

    async def find_for(self, purpose: Purpose, subject: str) -> OneTimeToken | None:
        return await self._one(_FIND_FOR, {"purpose": purpose.value, "subject": subject})

    async def replace(self, old: OneTimeToken, new: OneTimeToken) -> bool:
        values = {"of_id": old.id, "of_used_at": old.used_at, "of_tries": old.tries}
        values |= {"used_at": new.used_at, "tries": new.tries}
        return (await self._work.execute(_REPLACE, values)).rowcount == 1

    async def void(
        self,
        user: UserId,
        *,
        purposes: Collection[Purpose] = VOID_WITH_PASSWORD,
        after: datetime | None = None,
    ) -> None:
        values: dict[str, Any] = {"of_user": user, "purposes": sorted(it.value for it in purposes)}
        if after is None:
            await self._work.execute(_VOID, values)
        else:
            await self._work.execute(_VOID_AFTER, values | {"after": after})

    async def of_user(self, user: UserId) -> Sequence[OneTimeToken]:
        rows = (await self._work.execute(_OF_USER, {"user": user})).all()
        return [token_from(row) for row in rows]

    async def _one(self, statement: Select[Any], values: dict[str, Any]) -> OneTimeToken | None:
        row = (await self._work.execute(statement, values)).first()
        return None if row is None else token_from(row)
