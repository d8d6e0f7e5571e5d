"""API keys, in the database."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.access_tables import api_keys
from hexkey.adapters.sql.engine import autocommitting
from hexkey.adapters.sql.expired_rows import oldest
from hexkey.adapters.sql.single_statement import rows_of
from hexkey.adapters.sql.tables import user_roles, users
from hexkey.adapters.sql.unit_of_work import Work, unit_of_work
from hexkey.adapters.sql.user_rows import USER_COLUMNS, user_from
from hexkey.application.ports.api_keys import ApiKeyDirectory, ApiKeys, KeyAndOwner
from hexkey.domain.identifiers import ApiKeyId, UserId
from hexkey.domain.sessions.api_key import ApiKey, KeyKind

# Labeled, because they are also read beside the columns of the user.
_COLUMNS = tuple(column.label(f"key_{column.name}") for column in api_keys.c)

_OF_OWNER = (
    select(*_COLUMNS)
    .where(api_keys.c.owner_id == bindparam("owner"))
    .order_by(api_keys.c.created_at.desc(), api_keys.c.id.desc())
)
_REMOVE = delete(api_keys).where(
    api_keys.c.id == bindparam("of_id"), api_keys.c.owner_id == bindparam("of_owner")
)
# One statement is one snapshot, so the key and its owner fit together.
_FIND = (
    select(*_COLUMNS, *USER_COLUMNS)
    .select_from(api_keys.join(users).outerjoin(user_roles, user_roles.c.user_id == users.c.id))
    .where(api_keys.c.digest == bindparam("digest"))
)
_AT: Any = bindparam("at", type_=api_keys.c.last_used_at.type)
_LATER = or_(api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at < _AT)
_RECORD = (
    update(api_keys).where(api_keys.c.id == bindparam("of_id"), _LATER).values(last_used_at=_AT)
)
_FORGET = oldest(api_keys, api_keys.c.expires_at)


class SqlApiKeys(ApiKeys):
    """The API keys, as one unit of work sees and changes them."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def add(self, key: ApiKey) -> None:
        await self._work.execute(insert(api_keys), _row_from(key))

    async def of_owner(self, owner: UserId) -> Sequence[ApiKey]:
        rows = (await self._work.execute(_OF_OWNER, {"owner": owner})).all()
        return [_key_from(row) for row in rows]

    async def remove(self, id: ApiKeyId, *, owner: UserId) -> bool:
        found = await self._work.execute(_REMOVE, {"of_id": id, "of_owner": owner})
        return found.rowcount == 1


class SqlApiKeyDirectory(ApiKeyDirectory):
    """Asks the database every time."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reading = autocommitting(engine)

    async def find(self, digest: str) -> KeyAndOwner | None:
        rows = await rows_of(self._reading, _FIND, {"digest": digest})
        return KeyAndOwner(key=_key_from(rows[0]), owner=user_from(rows)) if rows else None

    async def record_use(self, used: Mapping[ApiKeyId, datetime]) -> None:
        # In one order everywhere, so that two instances do not wait for each other.
        rows = [{"of_id": key, "at": used[key]} for key in sorted(used)]
        async with unit_of_work(self._engine) as work:
            await work.execute_all(_RECORD, rows)
            await work.commit()

    async def forget_expired(self, *, before: datetime, limit: int) -> int:
        async with unit_of_work(self._engine) as work:
            found = await work.execute(_FORGET, {"before": before, "most": limit})
            await work.commit()
        return found.rowcount


def _row_from(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "owner_id": key.owner,
        "kind": key.kind.value,
        "name": key.name,
        "digest": key.digest,
        "scopes": " ".join(sorted(key.scopes)),
        "credential_version": key.credential_version,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
    }


def _key_from(row: Row[Any]) -> ApiKey:
    return ApiKey(
        id=ApiKeyId(row.key_id),
        owner=UserId(row.key_owner_id),
        kind=KeyKind(row.key_kind),
        name=row.key_name,
        digest=row.key_digest,
        scopes=frozenset(row.key_scopes.split()),
        credential_version=row.key_credential_version,
        created_at=row.key_created_at,
        expires_at=row.key_expires_at,
        last_used_at=row.key_last_used_at,
    )
