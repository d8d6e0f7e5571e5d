"""Making and changing accounts, as an administrator who never sees a password."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from hexkey.application.accounts.mail_requests import RequestKind, request_message
from hexkey.application.accounts.profile import AS_IT_IS, ProfileChange, UpdateProfile
from hexkey.application.accounts.registration import RegistrationPolicy
from hexkey.application.accounts.supervision import SuperviseUser, let_back_in
from hexkey.application.audit.context import checked
from hexkey.application.outbox.telling import Tell
from hexkey.application.ports.accounts import AccountStore, EmailSyntax, UsernameSyntax
from hexkey.application.ports.system import Clock, IdGenerator
from hexkey.domain.access import Authority, Forbidden, Permission, Role
from hexkey.domain.accounts.profile import Profile
from hexkey.domain.accounts.user import User
from hexkey.domain.accounts.username import ensure_not_reserved
from hexkey.domain.events import Event, EventType
from hexkey.domain.identifiers import MessageId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class AddUser:
    """Make an account for somebody, who chooses the password by mail (ASVS 6.4.6)."""

    store: AccountStore
    usernames: UsernameSyntax
    emails: EmailSyntax
    tell: Tell
    ids: IdGenerator
    clock: Clock
    policy: RegistrationPolicy

    async def __call__(
        self,
        *,
        email: str,
        username: str | None = None,
        full_name: str | None = None,
        language: str | None = None,
    ) -> User:
        """Return the new user, who has no password yet; works where registration is closed.

        Raises:
            LoginNameRequired, InvalidUsername, InvalidEmail, InvalidProfile: if a value breaks a
                rule.
            UsernameTaken, EmailTaken: if somebody has it.
        """
        self.policy.ensure_complete(username=username, email=email)
        name = None if username is None else ensure_not_reserved(self.usernames.parse(username))
        now, address = self.clock.now(), self.emails.parse(email)
        user = User(
            id=UserId(self.ids.new()),
            username=name,
            email=address,
            profile=Profile.parse(full_name=full_name, picture=None),
            password=None,
            language=language,
            created_at=now,
            updated_at=now,
        )
        message = request_message(
            RequestKind.PASSWORD_RESET,
            id=MessageId(self.ids.new()),
            address=address,
            language=language,
            now=now,
        )
        async with self.store.begin() as transaction:
            await transaction.users.add(user)
            await transaction.outbox.add(message)
            await self.tell(transaction, Event(type=EventType.USER_CREATED, user=user, at=now))
            await transaction.commit()
        return user


@dataclass(frozen=True, slots=True, kw_only=True)
class UserEdit:
    """What an administrator wants to be different; what is not mentioned stays."""

    profile: ProfileChange = AS_IT_IS
    active: bool | None = None
    roles: frozenset[Role] | None = None

    def needs(self) -> Iterator[Permission]:
        """What each part of it asks for, as the route that is made for that part would."""
        if self.profile.is_one:
            yield Permission.USERS_WRITE
        if self.active is not None:
            yield Permission.USERS_DISABLE
        if self.roles is not None:
            yield Permission.ROLES_ASSIGN


@dataclass(frozen=True, slots=True, kw_only=True)
class EditUser:
    """Change several things about an account at once, or none of them."""

    supervise: SuperviseUser
    profiles: UpdateProfile

    async def __call__(self, *, user: UserId, edit: UserEdit, by: Authority) -> User:
        """Return the user as it is now.

        Raises:
            Forbidden: if `by` lacks a permission that a part of `edit` needs (P105), or as
                `SuperviseUser`.
            InvalidUsername, InvalidProfile, LoginNameRequired, UsernameTaken: as `UpdateProfile`.
            UserNotFound, RoleNotFound, LastAdministrator: as `SuperviseUser`.
            ErasureOrdered: as `let_back_in`.
        """
        for needed in edit.needs():
            if not checked("caller.permission", passed=by.holds(needed), needed=needed):
                raise Forbidden

        def changed(current: User, now: datetime) -> User:
            return self._changed(current, edit, by, now)

        return await self.supervise(user=user, change=changed, by=by)

    def _changed(self, current: User, edit: UserEdit, by: Authority, now: datetime) -> User:
        updated = current
        if edit.profile.is_one:
            updated = self.profiles.changed(updated, edit.profile, now=now)
        if edit.active is not None:
            enabled = edit.active
            updated = let_back_in(updated, by=by, now=now) if enabled else updated.disabled(now=now)
        if edit.roles is not None:
            updated = updated.with_roles(edit.roles, now=now)
        return updated
