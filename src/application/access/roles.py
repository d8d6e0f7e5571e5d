"""Defining roles, as an operator."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from hexkey.application.audit.recording import Audit
from hexkey.application.ports.access import AccessStore, AccessTransaction, RoleDirectory
from hexkey.application.ports.system import Clock
from hexkey.domain.access import (
    ADMIN,
    MOST_ROLES,
    InvalidRole,
    Permission,
    Role,
    RoleBuiltIn,
    RoleDefinition,
    RoleNotFound,
    known_role,
    parse_role,
)
from hexkey.domain.audit.event import AuditType


@dataclass(frozen=True, slots=True)
class ListedRole:
    """A role, and what it permits; of `admin`, what Hexkey itself asks for."""

    name: Role
    permissions: Sequence[str]
    built_in: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRoles:
    """Read which roles there are."""

    roles: RoleDirectory

    async def __call__(self) -> Sequence[ListedRole]:
        """Return `admin`, then the roles of this deployment by their names."""
        defined = await self.roles.all()
        listed = [ListedRole(it.name, sorted(it.permissions), False) for it in defined.values()]
        return [ListedRole(ADMIN, sorted(Permission), True), *listed]


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineRole:
    """Say what the holders of a role may do; it counts for them from the next request on."""

    store: AccessStore
    audit: Audit
    clock: Clock

    async def __call__(self, *, name: str, permissions: Collection[str]) -> RoleDefinition:
        """Return the role, which is made if it is new; it permits exactly `permissions`.

        Raises:
            InvalidRole: if a name breaks a rule, or there are too many.
            RoleBuiltIn: if it is `admin`.
        """
        async with self.store.begin() as transaction:
            current = await self._find(transaction, name)
            changed = (current or self._new(name)).permitting(permissions)
            return await self._keep(transaction, changed)

    async def permit(self, *, name: str, permissions: Collection[str]) -> RoleDefinition:
        """Return the role with these permissions, too.

        Raises:
            RoleNotFound: if there is no such role.
            InvalidRole, RoleBuiltIn: as above.
        """
        async with self.store.begin() as transaction:
            current = await self._find(transaction, name)
            if current is None:
                raise RoleNotFound
            changed = current.permitting(current.permissions | frozenset(permissions))
            return await self._keep(transaction, changed)

    def _new(self, name: str) -> RoleDefinition:
        return RoleDefinition(name=parse_role(name), created_at=self.clock.now())

    async def _find(self, transaction: AccessTransaction, name: str) -> RoleDefinition | None:
        role = parse_role(name)
        if role == ADMIN:
            raise RoleBuiltIn
        defined = await transaction.roles.all()
        if role not in defined and len(defined) >= MOST_ROLES:
            raise InvalidRole
        return await transaction.roles.find(role)

    async def _keep(self, transaction: AccessTransaction, role: RoleDefinition) -> RoleDefinition:
        await transaction.roles.put(role)
        await self.audit(
            transaction,
            AuditType.ROLE_DEFINED,
            at=self.clock.now(),
            details={"role": role.name, "permissions": " ".join(sorted(role.permissions))},
        )
        await transaction.commit()
        return role


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveRole:
    """Forget a role that nobody holds."""

    store: AccessStore
    audit: Audit
    clock: Clock

    async def __call__(self, *, name: str) -> None:
        """The name may be defined anew.

        Raises:
            RoleNotFound: if there is no such role.
            RoleInUse: if somebody holds it.
            RoleBuiltIn: if it is `admin`.
        """
        if name == ADMIN:
            raise RoleBuiltIn
        async with self.store.begin() as transaction:
            if not await transaction.roles.remove(known_role(name)):
                raise RoleNotFound
            details = {"role": name}
            at = self.clock.now()
            await self.audit(transaction, AuditType.ROLE_REMOVED, at=at, details=details)
            await transaction.commit()
