"""The users, inside a transaction on dicts."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from hexkey.adapters.memory.committed import Committed
from hexkey.adapters.memory.pending import Pending
from hexkey.application.ports.accounts import Users
from hexkey.domain.accounts.user import EmailTaken, LastAdministrator, User, UsernameTaken
from hexkey.domain.identifiers import UserId


class MemoryUsers(Users):
    """The users, as one transaction sees and changes them."""

    def __init__(self, committed: Committed, pending: Pending) -> None:
        self._committed = committed
        self._pending = pending

    async def add(self, user: User) -> None:
        if await self.find(user.id) is not None:
            raise ValueError(f"there is a user {user.id} already")
        self._ensure_free(user)
        self._pending.users[user.id] = user

    async def find(self, id: UserId) -> User | None:
        changed = self._pending.users.get(id)
        if changed is not None or id in self._pending.erased:
            return changed
        return self._committed.users.get(id)

    async def find_by_email(self, key: str) -> User | None:
        for user in self._pending.users.values():
            if user.email is not None and user.email.key == key:
                return user
        holder = self._committed.emails.get(key)
        found = None if holder is None else await self.find(holder)
        return found if found and found.email and found.email.key == key else None

    async def replace(self, old: User, new: User) -> bool:
        current = await self.find(old.id)
        if current is None or current.version != old.version:
            return False
        self._ensure_free(new)
        self._ensure_administered(old, without=not new.can_administer)
        self._pending.users[old.id] = new
        if not new.differs_only_in_hash(old):
            self._pending.noted[old.id] = new.updated_at
        return True

    async def due_for_erasure(self, *, now: datetime, limit: int) -> Sequence[UserId]:
        kept = {**self._committed.users, **self._pending.users}
        due = sorted(
            (it.erase_at, it.id)
            for it in kept.values()
            if it.erase_at is not None and it.erase_at <= now
        )
        return [user for _, user in due if await self.find(user)][:limit]

    async def erase(self, user: User, *, now: datetime) -> bool:
        current = await self.find(user.id)
        if current is None or current.version != user.version:
            return False
        self._ensure_administered(current, without=True)
        self._pending.erase(current, now=now)
        return True

    def _ensure_administered(self, user: User, *, without: bool) -> None:
        if not (without and user.can_administer):
            return
        seen = {**self._committed.users, **self._pending.users}
        if not any(
            it.can_administer
            for it in seen.values()
            if it.id != user.id and it.id not in self._pending.erased
        ):
            raise LastAdministrator

    def _ensure_free(self, user: User) -> None:
        for other in self._others(user):
            if _same_username(user, other):
                raise UsernameTaken
            if user.email and other.email and user.email.key == other.email.key:
                raise EmailTaken

    def _others(self, user: User) -> Iterator[User]:
        """Whoever may have one of the names of `user`, as this transaction sees them."""
        yield from (other for other in self._pending.users.values() if other.id != user.id)
        kept = self._committed
        holders = set()
        if user.username is not None:
            holders |= {kept.usernames.get(user.username.key)}
            holders |= {kept.skeletons.get(user.username.skeleton)}
        if user.email is not None:
            holders |= {kept.emails.get(user.email.key)}
        for holder in holders - {None, user.id, *self._pending.users, *self._pending.erased}:
            if (other := kept.user(holder)) is not None:
                yield other


def _same_username(one: User, other: User) -> bool:
    if one.username is None or other.username is None:
        return False
    return (
        one.username.key == other.username.key or one.username.skeleton == other.username.skeleton
    )
