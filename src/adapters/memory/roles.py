"""Roles, and whether there has ever been an administrator, inside a transaction on dicts."""

from collections.abc import Mapping
from datetime import datetime

from hexkey.adapters.memory.committed import Committed
from hexkey.adapters.memory.pending import Pending
from hexkey.application.ports.access import Administration, Roles
from hexkey.domain.access import ADMIN, Role, RoleDefinition, RoleInUse


class MemoryRoles(Roles):
    """The roles, as one transaction sees and changes them."""

    def __init__(self, committed: Committed, pending: Pending) -> None:
        self._committed = committed
        self._pending = pending

    async def all(self) -> Mapping[Role, RoleDefinition]:
        seen = {**self._committed.roles, **self._pending.roles}
        return {name: role for name, role in sorted(seen.items()) if role is not None}

    async def find(self, name: Role) -> RoleDefinition | None:
        return (await self.all()).get(name)

    async def put(self, role: RoleDefinition) -> None:
        self._pending.roles[role.name] = role

    async def remove(self, name: Role) -> bool:
        users = {**self._committed.users, **self._pending.users}
        for erased in self._pending.erased:
            users.pop(erased, None)
        if any(name in user.roles for user in users.values()):
            raise RoleInUse
        was_there = await self.find(name) is not None
        self._pending.roles[name] = None
        return was_there


class MemoryAdministration(Administration):
    """Administration, as one transaction sees and changes it."""

    def __init__(self, committed: Committed, pending: Pending) -> None:
        self._committed = committed
        self._pending = pending

    async def has_begun(self) -> bool:
        return bool(self._committed.begun or self._pending.begun)

    async def begin(self, *, now: datetime) -> bool:
        if await self.has_begun():
            return False
        self._pending.begun[ADMIN] = now
        return True
