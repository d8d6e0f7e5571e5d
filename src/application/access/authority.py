"""How far somebody may go, as roles are defined at this moment."""

from collections.abc import Collection
from dataclasses import dataclass

from hexkey.application.audit.context import checked
from hexkey.application.ports.access import AccessTransaction, RoleDirectory
from hexkey.domain.access import (
    ADMIN,
    Authority,
    Forbidden,
    Role,
    RoleNotFound,
    authority_of,
    granted_scopes,
    permissions_of,
)
from hexkey.domain.accounts.user import User


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAuthority:
    """Find out what somebody's roles permit; nothing is remembered, so a change counts at once."""

    roles: RoleDirectory

    async def __call__(self, user: User) -> Authority:
        """Return it; nothing is read for who holds no role, or `admin` only."""
        if user.is_leaving:
            return authority_of(user.id, (), {})
        defined = await self.roles.all() if user.roles - {ADMIN} else {}
        return authority_of(user.id, user.roles, defined)


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantScopes:
    """Find out which scopes a user may be granted.

    A scope that has the name of a permission is for those who hold it; the others are for all.

    Attributes:
        known: every scope of this deployment that anybody may ask for.
    """

    roles: RoleDirectory
    known: frozenset[str]

    async def __call__(self, user: User, *, requested: str) -> frozenset[str]:
        """Return those of `requested` that `user` may have; nothing is read if none is asked for.

        Args:
            requested: names separated by single spaces; the rest is left out in silence.
        """
        if not requested:
            return frozenset()
        defined = await self.roles.all()
        authority = authority_of(user.id, user.roles, defined)
        permissions = permissions_of(defined)
        held = frozenset(it for it in permissions if authority.holds(it))
        return granted_scopes(requested, allowed=(self.known - permissions) | held)


async def ensure_covered(transaction: AccessTransaction, user: User, *, by: Authority) -> None:
    """Let nobody act on somebody who may do more.

    Raises:
        Forbidden: if `user` may do something that `by` may not.
    """
    if by.is_administrator:
        return
    defined = await transaction.roles.all()
    covers = by.covers(authority_of(user.id, user.roles, defined))
    if not checked("caller.covers", passed=covers, roles=_named(user.roles)):
        raise Forbidden


async def ensure_may_assign(
    transaction: AccessTransaction, roles: Collection[Role], user: User, *, by: Authority
) -> None:
    """Let nobody give, or take, what they do not have.

    Raises:
        RoleNotFound: if one of `roles` is not defined.
        Forbidden: if one of them permits something that `by` may not do.
    """
    await ensure_defined(transaction, roles)
    if not by.is_administrator:
        defined = await transaction.roles.all()
        covers = by.covers(authority_of(user.id, roles, defined))
        if not checked("caller.may_give", passed=covers, roles=_named(roles)):
            raise Forbidden


async def ensure_defined(transaction: AccessTransaction, roles: Collection[Role]) -> None:
    """Let nobody be given what does not exist: it would be whatever gets that name one day.

    Raises:
        RoleNotFound: if one of `roles` is not defined.
    """
    for role in roles:
        if role != ADMIN and await transaction.roles.find(role) is None:
            raise RoleNotFound


def _named(roles: Collection[Role]) -> str:
    return " ".join(sorted(roles))
