"""Changing one's profile, and finding whoever is behind an id."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from hexkey.application.accounts.changing import change_user
from hexkey.application.accounts.registration import LoginNameRequired, RegistrationPolicy
from hexkey.application.outbox.telling import Tell
from hexkey.application.ports.accounts import AccountStore, UserDirectory, UsernameSyntax
from hexkey.application.ports.sessions import StateChanges
from hexkey.application.ports.system import Clock
from hexkey.domain.accounts.profile import Profile
from hexkey.domain.accounts.user import User, UserNotFound
from hexkey.domain.accounts.username import Username, ensure_not_reserved
from hexkey.domain.events import Event, EventType
from hexkey.domain.identifiers import UserId, parse_user_id


class Unchanged(Enum):
    """Stands for a value the caller did not mention; `None` means "remove it"."""

    UNCHANGED = "unchanged"


UNCHANGED = Unchanged.UNCHANGED
Change = str | None | Unchanged


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileChange:
    """What is to become of a profile, and of the name somebody goes by."""

    username: Change = UNCHANGED
    full_name: Change = UNCHANGED
    picture: Change = UNCHANGED

    @property
    def is_one(self) -> bool:
        """Whether anything was mentioned."""
        return self != AS_IT_IS


AS_IT_IS = ProfileChange()


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateProfile:
    """Change what users say about themselves, and the name they go by."""

    store: AccountStore
    usernames: UsernameSyntax
    tell: Tell
    changes: StateChanges
    clock: Clock
    policy: RegistrationPolicy

    async def __call__(
        self,
        *,
        user: UserId,
        username: Change = UNCHANGED,
        full_name: Change = UNCHANGED,
        picture: Change = UNCHANGED,
    ) -> User:
        """Return the user as it is now.

        Raises:
            InvalidUsername, InvalidProfile: if a value breaks a rule.
            LoginNameRequired: if the only name that can be signed in with would go, or the user
                name where everybody must have one.
            UsernameTaken: if somebody has the name.
            UserNotFound: if there is no such user.
        """
        now = self.clock.now()
        wanted = ProfileChange(username=username, full_name=full_name, picture=picture)

        def changed(current: User) -> User:
            return self.changed(current, wanted, now=now)

        async with self.store.begin() as transaction:
            before, updated = await change_user(transaction.users, user, changed)
            if (updated.username, updated.profile) != (before.username, before.profile):
                event = Event(type=EventType.USER_UPDATED, user=updated, at=now)
                await self.tell(transaction, event)
            await transaction.commit()
        self.changes.announce(user)
        return updated

    def changed(self, current: User, wanted: "ProfileChange", *, now: datetime) -> User:
        """`current` as it would be; the same refusals."""
        return current.with_profile(
            username=self._username(wanted.username, current),
            profile=Profile.parse(
                full_name=_pick(wanted.full_name, current.profile.full_name),
                picture=_pick(wanted.picture, current.profile.picture),
            ),
            now=now,
        )

    def _username(self, change: Change, current: User) -> Username | None:
        if isinstance(change, Unchanged):
            return current.username
        if change is None:
            self._ensure_may_go(current)
            return None
        name = self.usernames.parse(change)
        own = current.username is not None and current.username.key == name.key
        return name if own else ensure_not_reserved(name)  # an operator may have given it

    def _ensure_may_go(self, current: User) -> None:
        # Who has none was there before everybody had to have one; nothing is taken from them.
        loses = current.username is not None
        if loses and (current.email is None or self.policy.username_required):
            raise LoginNameRequired


def _pick(change: Change, current: str | None) -> str | None:
    return current if isinstance(change, Unchanged) else change


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPublicProfile:
    """Find out who somebody is, as far as everybody may know."""

    users: UserDirectory

    async def __call__(self, *, id: str) -> User:
        """Return an active user; what of it may be shown is `UserPublic`.

        Raises:
            UserNotFound: if `id` is nobody's, or that of somebody disabled or about to leave; the
                caller cannot tell which.
        """
        user_id = parse_user_id(id)
        user = await self.users.find(user_id) if user_id else None
        if user is None or not user.is_active or user.is_leaving:
            raise UserNotFound
        return user
