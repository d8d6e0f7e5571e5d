"""The users, inside a transaction on dicts."""

from collections.abc import Iterator
from datetime import datetime

from hexkey.adapters.memory.committed import Committed
from hexkey.application.ports.accounts import Users
from hexkey.domain.accounts.user import EmailTaken, User, UsernameTaken
from hexkey.domain.identifiers import UserId


class MemoryUsers(Users):
    """The users, as one transaction sees and changes them."""

    def __init__(self, committed: Committed, noted: dict[UserId, datetime]) -> None:
        self._committed = committed
        self._noted = noted
        self.changed: dict[UserId, User] = {}

    async def add(self, user: User) -> None:
        if await self.find(user.id) is not None:
            raise ValueError(f"there is a user {user.id} already")
        self._ensure_free(user)
        self.changed[user.id] = user

    async def find(self, id: UserId) -> User | None:
        return self.changed.get(id) or self._committed.users.get(id)

    async def replace(self, old: User, new: User) -> bool:
        current = await self.find(old.id)
        if current is None or current.version != old.version:
            return False
        self._ensure_free(new)
        self.changed[old.id] = new
        if not new.differs_only_in_hash(old):
            self._noted[old.id] = new.updated_at
        return True

    def _ensure_free(self, user: User) -> None:
        for other in self._others(user):
            if _same_username(user, other):
                raise UsernameTaken
            if user.email and other.email and user.email.key == other.email.key:
                raise EmailTaken

    def _others(self, user: User) -> Iterator[User]:
        """Whoever may have one of the names of `user`, as this transaction sees them."""
        yield from (other for other in self.changed.values() if other.id != user.id)
        kept = self._committed
        holders = set()
        if user.username is not None:
            holders |= {kept.usernames.get(user.username.key)}
            holders |= {kept.skeletons.get(user.username.skeleton)}
        if user.email is not None:
            holders |= {kept.emails.get(user.email.key)}
        for holder in holders - {None, user.id, *self.changed}:
            if (other := kept.user(holder)) is not None:
                yield other


def _same_username(one: User, other: User) -> bool:
    if one.username is None or other.username is None:
        return False
    return (
        one.username.key == other.username.key or one.username.skeleton == other.username.skeleton
    )
