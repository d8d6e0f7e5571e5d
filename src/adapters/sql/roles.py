"""The definitions of roles, in the database."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.access_tables import role_permissions, roles
from hexkey.adapters.sql.engine import autocommitting
from hexkey.adapters.sql.single_statement import rows_of
from hexkey.adapters.sql.tables import user_roles
from hexkey.adapters.sql.unit_of_work import Work
from hexkey.adapters.sql.upserts import upsert
from hexkey.application.ports.access import RoleDirectory, Roles
from hexkey.domain.access import Role, RoleDefinition, RoleInUse

# A role comes as one row for each permission, or as one row whose permission is NULL.
_ALL = (
    select(roles.c.name, roles.c.created_at, role_permissions.c.permission)
    .select_from(roles.outerjoin(role_permissions))
    .order_by(roles.c.name)
)
_FIND = _ALL.where(roles.c.name == bindparam("name"))
_LOCK = select(roles.c.name).where(roles.c.name == bindparam("name")).with_for_update()
_FORGET_PERMISSIONS = delete(role_permissions).where(role_permissions.c.role == bindparam("of"))
_IS_HELD = select(user_roles.c.role).where(user_roles.c.role == bindparam("name")).limit(1)
_REMOVE = delete(roles).where(roles.c.name == bindparam("of"))


class SqlRoles(Roles):
    """The roles, as one unit of work sees and changes them."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def all(self) -> Mapping[Role, RoleDefinition]:
        return _roles_from((await self._work.execute(_ALL)).all())

    async def find(self, name: Role) -> RoleDefinition | None:
        await self._work.execute(_LOCK, {"name": name})
        return _roles_from((await self._work.execute(_FIND, {"name": name})).all()).get(name)

    async def put(self, role: RoleDefinition) -> None:
        new = {"name": role.name, "created_at": role.created_at}
        statement = upsert(roles, self._work.dialect, new=new, changed=new)
        await self._work.execute(statement)
        await self._work.execute(_FORGET_PERMISSIONS, {"of": role.name})
        rows = [{"role": role.name, "permission": it} for it in sorted(role.permissions)]
        await self._work.execute_all(insert(role_permissions), rows)

    async def remove(self, name: Role) -> bool:
        await self._work.execute(_LOCK, {"name": name})
        if (await self._work.execute(_IS_HELD, {"name": name})).first() is not None:
            raise RoleInUse
        return (await self._work.execute(_REMOVE, {"of": name})).rowcount == 1


class SqlRoleDirectory(RoleDirectory):
    """Reads what is committed, in one statement."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = autocommitting(engine)

    async def all(self) -> Mapping[Role, RoleDefinition]:
        return _roles_from(await rows_of(self._engine, _ALL, {}))


def _roles_from(rows: Iterable[Row[Any]]) -> dict[Role, RoleDefinition]:
    found: dict[Role, RoleDefinition] = {}
    for row in rows:
        name = Role(row.name)
        before = found[name].permissions if name in found else frozenset()
        more = frozenset() if row.permission is None else {row.permission}
        found[name] = RoleDefinition(
            name=name, permissions=before | more, created_at=row.created_at
        )
    return found
