"""Looking users and sessions up in the memory store, as last committed."""

from itertools import islice

from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.ports.accounts import EVERYBODY, UserDirectory, UserFilter, UserPage
from hexkey.application.ports.sessions import SignedIn, SignedInDirectory
from hexkey.domain.accounts.password import PasswordScheme, scheme_of
from hexkey.domain.accounts.user import User
from hexkey.domain.identifiers import SessionId, UserId


class MemoryUserDirectory(UserDirectory):
    """Reads what is committed in a `MemoryStore`."""

    def __init__(self, store: MemoryStore) -> None:
        self._kept = store.committed

    async def find(self, id: UserId) -> User | None:
        return self._kept.user(id)

    async def find_by_username(self, key: str) -> User | None:
        return self._kept.user(self._kept.usernames.get(key))

    async def find_by_email(self, key: str) -> User | None:
        return self._kept.user(self._kept.emails.get(key))

    async def page(
        self, *, after: UserId | None, limit: int, only: UserFilter = EVERYBODY
    ) -> UserPage:
        if only == EVERYBODY:
            ids = self._kept.ids_after(after, limit + 1)
        else:
            following = self._kept.ids_after(after, len(self._kept.ids))
            meant = (each for each in following if _is_meant(self._kept.users[each], only))
            ids = list(islice(meant, limit + 1))
        users = [self._kept.users[each] for each in ids[:limit]]
        return UserPage(users=users, next=users[-1].id if len(ids) > limit else None)

    async def password_schemes(self) -> frozenset[PasswordScheme]:
        hashes = (user.password for user in self._kept.users.values())
        schemes = (scheme_of(hashed) for hashed in hashes if hashed is not None)
        return frozenset(scheme for scheme in schemes if scheme is not None)


class MemorySignedInDirectory(SignedInDirectory):
    """Reads what is committed in a `MemoryStore`."""

    def __init__(self, store: MemoryStore) -> None:
        self._kept = store.committed

    async def find(self, id: SessionId) -> SignedIn | None:
        session = self._kept.sessions.get(id)
        user = None if session is None else self._kept.users.get(session.user)
        return None if session is None or user is None else SignedIn(session=session, user=user)


def _is_meant(user: User, only: UserFilter) -> bool:
    return (
        (only.username is None or (user.username and user.username.key) == only.username)
        and (only.email is None or (user.email and user.email.key) == only.email)
        and (only.is_active is None or user.is_active == only.is_active)
        and (only.role is None or only.role in user.roles)
    )
