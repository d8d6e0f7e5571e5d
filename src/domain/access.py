"""Roles and permissions: what opens routes that a plain user cannot use."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, NewType

from hexkey.domain.errors import HexkeyError
from hexkey.domain.identifiers import UserId

Role = NewType("Role", str)

ADMIN = Role("admin")  # built in: holds every permission there is and will be

MAX_ROLE_LENGTH = 64
MAX_PERMISSION_LENGTH = 64
MAX_SCOPES_LENGTH = 4096  # of all that one session has, with a space between each two
MOST_ROLES = 200  # of a deployment; all of them are read for one request
MOST_PERMISSIONS = 200  # of one role

_SCOPE_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,64}")
_ROLE = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")


class Forbidden(HexkeyError):
    """The caller is known and may not do this."""

    code: ClassVar[str] = "forbidden"
    message: ClassVar[str] = "You are not allowed to do this."


class RoleNotFound(HexkeyError):
    """Nobody has defined such a role."""

    code: ClassVar[str] = "role_not_found"
    message: ClassVar[str] = "There is no such role."


class InvalidRole(HexkeyError):
    """The name of a role or of a permission breaks a rule, or there are too many."""

    code: ClassVar[str] = "invalid_role"
    message: ClassVar[str] = (
        "A role is named by at most 64 lower-case letters, digits, dots, underscores and hyphens; "
        "a permission is one word of at most 64 printable characters."
    )


class RoleBuiltIn(HexkeyError):
    """The role `admin` is what it is."""

    code: ClassVar[str] = "role_built_in"
    message: ClassVar[str] = "The role admin is built in and cannot be changed."


class RoleInUse(HexkeyError):
    """Somebody holds the role; to take it from them unseen would be a surprise."""

    code: ClassVar[str] = "role_in_use"
    message: ClassVar[str] = "Somebody holds this role. Take it from them first."


class Permission(StrEnum):
    """What routes of Hexkey's own may ask for; a deployment may invent further names.

    The values are public: roles, API keys and scopes name them.
    """

    USERS_READ = "users:read"
    USERS_WRITE = "users:write"
    USERS_DISABLE = "users:disable"
    USERS_RESET_PASSWORD = "users:reset-password"  # noqa: S105 - the name of a permission
    USERS_ERASE = "users:erase"
    SESSIONS_READ = "sessions:read"
    SESSIONS_END = "sessions:end"
    ROLES_READ = "roles:read"
    ROLES_ASSIGN = "roles:assign"
    AUDIT_READ = "audit:read"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleDefinition:
    """What the holders of a role may do."""

    name: Role
    permissions: frozenset[str] = frozenset()
    created_at: datetime

    def permitting(self, permissions: Collection[str]) -> "RoleDefinition":
        """This role with exactly these permissions.

        Raises:
            InvalidRole: if one of them is no name, or there are too many.
        """
        if len(permissions) > MOST_PERMISSIONS or not all(map(is_scope_name, permissions)):
            raise InvalidRole
        return RoleDefinition(
            name=self.name, permissions=frozenset(permissions), created_at=self.created_at
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """How far somebody may go.

    Attributes:
        actor: `None` for an operator, who has access to the machine.
        permissions: by name.
        is_administrator: holds every permission, also those invented tomorrow.
    """

    actor: UserId | None
    permissions: frozenset[str] = frozenset()
    is_administrator: bool = False

    def holds(self, permission: str) -> bool:
        """Whether the permission is among them."""
        return self.is_administrator or permission in self.permissions

    def covers(self, other: "Authority") -> bool:
        """Whether `other` may do nothing that this one may not.

        Who acts on somebody must cover them: otherwise a helper who may change addresses could
        take over an administrator.
        """
        if other.is_administrator:
            return self.is_administrator
        return self.is_administrator or other.permissions <= self.permissions

    def limited_to(self, scopes: frozenset[str]) -> "Authority":
        """What is left of this for an API key that was given `scopes`; never all."""
        left = frozenset(it for it in scopes if self.holds(it))
        return Authority(actor=self.actor, permissions=left)


OPERATOR = Authority(actor=None, is_administrator=True)
POWERLESS = Authority(actor=None)


def authority_of(
    user: UserId, roles: Collection[Role], definitions: Mapping[Role, RoleDefinition]
) -> Authority:
    """What `roles` give to `user`; a role that nobody has defined gives nothing."""
    known = (definitions[role].permissions for role in roles if role in definitions)
    return Authority(
        actor=user,
        permissions=frozenset().union(*known),
        is_administrator=ADMIN in roles,
    )


def permissions_of(definitions: Mapping[Role, RoleDefinition]) -> frozenset[str]:
    """Every permission there is: Hexkey's own, and what a deployment has invented."""
    return frozenset(Permission).union(*(it.permissions for it in definitions.values()))


def granted_scopes(requested: str, *, allowed: frozenset[str]) -> frozenset[str]:
    """The scopes of `requested` that may be granted; the rest is left out in silence.

    Args:
        requested: names separated by single spaces (RFC 6749 §3.3).
        allowed: every scope this deployment knows.
    """
    return allowed.intersection(requested.split(" "))


def is_scope_name(text: str) -> bool:
    """Whether `text` is a scope-token of RFC 6749 §3.3, at most 64 characters long."""
    return _SCOPE_TOKEN.fullmatch(text) is not None


def parse_role(text: str) -> Role:
    """The name of a role that a deployment may define.

    Raises:
        InvalidRole: if `text` cannot be one.
    """
    if _ROLE.fullmatch(text) is None:
        raise InvalidRole
    return Role(text)


def known_role(text: str) -> Role:
    """The name of a role that somebody can have defined.

    Raises:
        RoleNotFound: if nobody can.
    """
    try:
        return parse_role(text)
    except InvalidRole:
        raise RoleNotFound from None
