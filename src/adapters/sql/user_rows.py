"""Between users and their rows: one in `users`, and one in `user_roles` for each role."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select

from hexkey.adapters.sql.failures import ImpossibleRow
from hexkey.adapters.sql.tables import user_roles, users
from hexkey.domain.access import Role
from hexkey.domain.accounts.email import EmailAddress
from hexkey.domain.accounts.password import PasswordHash, scheme_of
from hexkey.domain.accounts.profile import Profile
from hexkey.domain.accounts.user import Active, Disabled, Status, User
from hexkey.domain.accounts.username import Username
from hexkey.domain.identifiers import UserId

# A user comes as one row for each role, or as one row whose role is NULL.
USER_COLUMNS = (*(c for c in users.c if c.name != "password_scheme"), user_roles.c.role)
USER_AND_ROLES = select(*USER_COLUMNS).select_from(users.outerjoin(user_roles))


def row_from(user: User) -> dict[str, Any]:
    """What stands in `users` for `user`."""
    name, email, status = user.username, user.email, user.status
    return {
        "id": user.id,
        "username_value": name.value if name else None,
        "username_key": name.key if name else None,
        "username_skeleton": name.skeleton if name else None,
        "email_value": email.value if email else None,
        "email_key": email.key if email else None,
        "email_verified": user.email_verified,
        "full_name": user.profile.full_name,
        "picture": user.profile.picture,
        "password_hash": user.password,
        "password_scheme": None if user.password is None else scheme_of(user.password),
        "status": "disabled" if isinstance(status, Disabled) else "active",
        "disabled_at": status.at if isinstance(status, Disabled) else None,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
        "credential_version": user.credential_version,
        "version": user.version,
        "language": user.language,
        "erase_at": user.erase_at,
    }


def user_from(rows: Sequence[Row[Any]]) -> User:
    """The user whose rows of `USER_AND_ROLES` these are, at least one.

    Raises:
        ImpossibleRow: if they contradict each other.
    """
    row = rows[0]
    return User(
        id=UserId(row.id),
        username=_username(row),
        email=_email(row),
        email_verified=row.email_verified,
        profile=Profile(full_name=row.full_name, picture=row.picture),
        password=None if row.password_hash is None else PasswordHash(row.password_hash),
        status=_status(row),
        language=row.language,
        erase_at=row.erase_at,
        roles=frozenset(Role(each.role) for each in rows if each.role is not None),
        created_at=row.created_at,
        updated_at=row.updated_at,
        credential_version=row.credential_version,
        version=row.version,
    )


def _username(row: Row[Any]) -> Username | None:
    match (row.username_value, row.username_key, row.username_skeleton):
        case (None, None, None):
            return None
        case (str(value), str(key), str(skeleton)):
            return Username(value=value, key=key, skeleton=skeleton)
        case _:
            raise ImpossibleRow(f"user {row.id} has half a user name")


def _email(row: Row[Any]) -> EmailAddress | None:
    match (row.email_value, row.email_key):
        case (None, None):
            return None
        case (str(value), str(key)):
            return EmailAddress(value=value, key=key)
        case _:
            raise ImpossibleRow(f"user {row.id} has half an e-mail address")


def _status(row: Row[Any]) -> Status:
    match (row.status, row.disabled_at):
        case ("active", None):
            return Active()
        case ("disabled", at) if at is not None:
            return Disabled(at)
        case _:
            raise ImpossibleRow(f"user {row.id} is neither active nor disabled")
