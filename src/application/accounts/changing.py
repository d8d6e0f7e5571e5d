"""Changing one stored user inside a transaction."""

from collections.abc import Callable

from hexkey.application.ports.accounts import Users
from hexkey.domain.accounts.user import User, UserNotFound
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.identifiers import UserId


async def change_user(
    users: Users, id: UserId, change: Callable[[User], User]
) -> tuple[User, User]:
    """Replace the user by what `change` makes of it, and return both; equal if nothing changed.

    Raises:
        UserNotFound: if there is no such user.
        TemporarilyUnavailable: if somebody else changed the user in the meantime.
    """
    current = await users.find(id)
    if current is None:
        raise UserNotFound
    changed = change(current)
    if changed != current and not await users.replace(current, changed):
        raise TemporarilyUnavailable
    return current, changed
