"""What operators and administrators do to an account."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from hexkey.application.access.authority import ensure_covered, ensure_may_assign
from hexkey.application.accounts.changing import change_user, end_sessions
from hexkey.application.accounts.consequences import Consequences
from hexkey.application.audit.context import checked
from hexkey.application.outbox.telling import Tell
from hexkey.application.ports.access import AccessStore
from hexkey.application.ports.sessions import StateChanges
from hexkey.application.ports.system import Clock
from hexkey.domain.access import OPERATOR, Authority, Permission, Role
from hexkey.domain.accounts.user import ErasureOrdered, User, UserNotFound
from hexkey.domain.identifiers import UserId

Change = Callable[[User, datetime], User]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuperviseUser:
    """Change somebody's account, as far as whoever does that may go, with all that follows.

    No flow that acts on another's account goes past this, so none forgets who may.
    """

    store: AccessStore
    follow: Consequences
    changes: StateChanges
    clock: Clock

    async def __call__(self, *, user: UserId, change: Change, by: Authority) -> User:
        """Return the user as `change` makes it; if that is the same, nothing is told.

        Raises:
            UserNotFound: if there is no such user.
            Forbidden: if the user may do more than `by`, or would be given or lose a role that
                permits more.
            RoleNotFound: if a role that nobody defined would be given.
            LastAdministrator: if nobody would be left who can administer.
        """
        now = self.clock.now()
        async with self.store.begin() as transaction:
            current = await transaction.users.find(user)
            if current is None:
                raise UserNotFound
            await ensure_covered(transaction, current, by=by)
            before, updated = await change_user(transaction.users, user, lambda it: change(it, now))
            gained = updated.roles - before.roles
            await ensure_may_assign(transaction, gained, updated, by=by)
            await self.follow(transaction, before, updated, now=now)
            await transaction.commit()
        self.changes.announce(user)
        return updated


@dataclass(frozen=True, slots=True, kw_only=True)
class DisableUser:
    """Refuse a user everywhere, from this instant on."""

    supervise: SuperviseUser

    async def __call__(self, *, user: UserId, by: Authority = OPERATOR) -> User:
        """Return the user, disabled; doing it twice changes nothing.

        Sessions end for good, and so do mailed links and personal tokens: enabling the user again
        revives none.

        Raises:
            UserNotFound, Forbidden, LastAdministrator: as `SuperviseUser`.
        """
        return await self.supervise(user=user, change=lambda it, now: it.disabled(now=now), by=by)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnableUser:
    """Let a disabled user sign in again."""

    supervise: SuperviseUser

    async def __call__(self, *, user: UserId, by: Authority = OPERATOR) -> User:
        """Return the user, active; doing it twice changes nothing.

        Raises:
            UserNotFound, Forbidden: as `SuperviseUser`.
            ErasureOrdered: as `let_back_in`.
        """
        return await self.supervise(
            user=user, change=lambda it, now: let_back_in(it, by=by, now=now), by=by
        )


def let_back_in(user: User, *, by: Authority, now: datetime) -> User:
    """Return `user`, active; whose erasure was under way, is not erased.

    An owner's own leaving goes on, and may be undone by the owner only.

    Raises:
        ErasureOrdered: if that would undo an erasure, and `by` may not erase.
    """
    if not user.is_active and user.is_being_erased(now=now):
        needed = Permission.USERS_ERASE
        if not checked("caller.permission", passed=by.holds(needed), needed=needed):
            raise ErasureOrdered
    return user.enabled(now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRole:
    """Give a user a role."""

    supervise: SuperviseUser

    async def __call__(self, *, user: UserId, role: Role, by: Authority = OPERATOR) -> User:
        """Return the user with the role; doing it twice changes nothing.

        Raises:
            UserNotFound, Forbidden, RoleNotFound: as `SuperviseUser`.
        """
        return await self.supervise(
            user=user, change=lambda it, now: it.granted(role, now=now), by=by
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeRole:
    """Take a role from a user."""

    supervise: SuperviseUser

    async def __call__(self, *, user: UserId, role: Role, by: Authority = OPERATOR) -> User:
        """Return the user without the role; doing it twice changes nothing.

        Raises:
            UserNotFound, Forbidden, LastAdministrator: as `SuperviseUser`.
        """
        return await self.supervise(
            user=user, change=lambda it, now: it.revoked(role, now=now), by=by
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseUser:
    """Have an account erased without a time to think it over."""

    supervise: SuperviseUser

    async def __call__(self, *, user: UserId, by: Authority = OPERATOR) -> User:
        """Return the user, refused everywhere; the rest is done when no token is believed any more.

        Raises:
            UserNotFound, Forbidden, LastAdministrator: as `SuperviseUser`.
        """
        return await self.supervise(
            user=user, change=lambda it, now: it.erased_at_once(now=now), by=by
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirePasswordReset:
    """Make a password worthless, and let its owner choose another by mail.

    Nobody sets or reads another's password here: the mail goes to the owner (ASVS 6.4.6).
    """

    supervise: SuperviseUser

    async def __call__(self, *, user: UserId, by: Authority = OPERATOR) -> User:
        """Return the user, whose sessions and personal tokens have ended.

        Raises:
            NoEmailAddress: if there is nowhere to write to.
            UserNotFound, Forbidden, LastAdministrator: as `SuperviseUser`.
        """
        return await self.supervise(
            user=user, change=lambda it, now: it.to_choose_a_password(now=now), by=by
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSessionsOf:
    """Sign somebody out everywhere, without shutting them out."""

    store: AccessStore
    tell: Tell
    changes: StateChanges
    clock: Clock

    async def __call__(self, *, user: UserId, by: Authority = OPERATOR) -> None:
        """Every session of the user ends.

        Raises:
            UserNotFound: if there is no such user.
            Forbidden: if the user may do more than `by`.
        """
        now = self.clock.now()
        async with self.store.begin() as transaction:
            current = await transaction.users.find(user)
            if current is None:
                raise UserNotFound
            await ensure_covered(transaction, current, by=by)
            await end_sessions(transaction, self.tell, user, now=now)
            await transaction.commit()
        self.changes.announce(user)
