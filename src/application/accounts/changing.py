"""Changing one stored user inside a transaction, and what goes with it."""

from collections.abc import Callable
from datetime import datetime

from hexkey.application.outbox.telling import Tell
from hexkey.application.ports.accounts import Users
from hexkey.application.ports.sessions import SessionTransaction
from hexkey.domain.accounts.user import User, UserNotFound
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.identifiers import SessionId, UserId


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
    if changed != current:
        await replace_user(users, current, changed)
    return current, changed


async def replace_user(users: Users, old: User, new: User) -> None:
    """Store `new` in the place of `old`.

    Raises:
        EmailTaken, UsernameTaken: if somebody has what `new` is called.
        TemporarilyUnavailable: if somebody else changed the user in the meantime.
    """
    if not await users.replace(old, new):
        raise TemporarilyUnavailable


async def end_sessions(
    transaction: SessionTransaction,
    tell: Tell,
    user: UserId,
    *,
    keep: SessionId | None = None,
    now: datetime,
) -> None:
    """End every session of `user` but `keep`, and tell of each that has ended by it."""
    ended = await transaction.sessions.end_all(user, keep=keep, now=now)
    await tell.ended(transaction, user, ended, at=now)
