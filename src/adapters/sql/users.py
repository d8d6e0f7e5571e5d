"""The users, inside a transaction on the database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from hexkey.adapters.sql.administration import SqlAdministration
from hexkey.adapters.sql.change_log import PendingChanges
from hexkey.adapters.sql.failures import violated
from hexkey.adapters.sql.outbox_rows import CONCERNS, concerned
from hexkey.adapters.sql.tables import outbox, user_roles, users
from hexkey.adapters.sql.unit_of_work import Work
from hexkey.adapters.sql.user_rows import USER_AND_ROLES, row_from, user_from
from hexkey.application.ports.accounts import Users
from hexkey.domain.access import ADMIN, Role
from hexkey.domain.accounts.user import EmailTaken, User, UsernameTaken
from hexkey.domain.errors import HexkeyError
from hexkey.domain.identifiers import UserId

# What the databases call a collision: an index here, a column there.
_TAKEN: dict[str, type[HexkeyError]] = {
    "uq_users_username_key": UsernameTaken,
    "users.username_key": UsernameTaken,
    "uq_users_username_skeleton": UsernameTaken,
    "users.username_skeleton": UsernameTaken,
    "uq_users_email_key": EmailTaken,
    "users.email_key": EmailTaken,
}

_LOCK = select(users.c.id).where(users.c.id == bindparam("id")).with_for_update()
_FIND = USER_AND_ROLES.where(users.c.id == bindparam("id"))
_LOCK_BY_EMAIL = select(users.c.id).where(users.c.email_key == bindparam("key")).with_for_update()
_DUE_FOR_ERASURE = (
    select(users.c.id)
    .where(users.c.erase_at <= bindparam("now"))
    .order_by(users.c.erase_at, users.c.id)
    .limit(bindparam("limit"))
)
# Sessions, roles and tokens go with the user.
_ERASE = delete(users).where(users.c.id == bindparam("id"), users.c.version == bindparam("version"))
_FORGET_MESSAGES = delete(outbox).where(CONCERNS)
_REPLACE = update(users).where(
    users.c.id == bindparam("of_id"), users.c.version == bindparam("of_version")
)
_REVOKE = delete(user_roles).where(
    user_roles.c.user_id == bindparam("of_id"), user_roles.c.role == bindparam("of_role")
)


class SqlUsers(Users):
    """The users, as one unit of work sees and changes them."""

    def __init__(
        self, work: Work, changes: PendingChanges, administration: SqlAdministration
    ) -> None:
        self._work = work
        self._changes = changes
        self._administration = administration

    async def add(self, user: User) -> None:
        with _collisions():
            await self._work.execute(insert(users), row_from(user))
        await self._grant(user, user.roles)

    async def find(self, id: UserId) -> User | None:
        if self._work.dialect == "postgresql":
            # In a statement of its own: one that waits for the row and joins the roles at the
            # same time would return the new row with the old roles.
            await self._work.execute(_LOCK, {"id": id})
        return await self._read(id)

    async def replace(self, old: User, new: User) -> bool:
        if old.can_administer and not new.can_administer:
            await self._administration.ensure_left_without(old.id)
        values = row_from(new) | {"of_id": old.id, "of_version": old.version}
        with _collisions():
            result = await self._work.execute(_REPLACE, values)
        if result.rowcount != 1:
            return False
        revoked = [{"of_id": old.id, "of_role": role} for role in old.roles - new.roles]
        await self._work.execute_all(_REVOKE, revoked)
        await self._grant(new, new.roles - old.roles)
        if not new.differs_only_in_hash(old):
            self._changes.note(old.id, at=new.updated_at)
        return True

    async def find_by_email(self, key: str) -> User | None:
        holder = (await self._work.execute(_LOCK_BY_EMAIL, {"key": key})).scalar_one_or_none()
        return None if holder is None else await self._read(UserId(holder))

    async def due_for_erasure(self, *, now: datetime, limit: int) -> Sequence[UserId]:
        found = await self._work.execute(_DUE_FOR_ERASURE, {"now": now, "limit": limit})
        return [UserId(user) for user in found.scalars()]

    async def erase(self, user: User, *, now: datetime) -> bool:
        if user.can_administer:
            await self._administration.ensure_left_without(user.id)
        this_one = {"id": user.id, "version": user.version}
        if (await self._work.execute(_ERASE, this_one)).rowcount != 1:
            return False
        await self._work.execute(_FORGET_MESSAGES, concerned(user))
        self._changes.note(user.id, at=now)
        return True

    async def _read(self, id: UserId) -> User | None:
        rows = (await self._work.execute(_FIND, {"id": id})).all()
        return user_from(rows) if rows else None

    async def _grant(self, user: User, roles: frozenset[Role]) -> None:
        rows = [{"user_id": user.id, "role": role} for role in roles]
        await self._work.execute_all(insert(user_roles), rows)
        if ADMIN in roles:
            await self._administration.note(at=user.updated_at)


@contextmanager
def _collisions() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        refusal = _TAKEN.get(violated(error))
        if refusal is None:
            raise
        raise refusal from error
