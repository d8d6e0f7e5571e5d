"""Inviting: an account that an operator wishes for, and whoever reads the mail begins."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from hexkey.application.access.authority import ensure_defined
from hexkey.application.accounts.looking import LookAtToken, spend
from hexkey.application.accounts.new_password import NewPasswords
from hexkey.application.accounts.registration import RegistrationPolicy
from hexkey.application.audit.recording import Audit
from hexkey.application.outbox.telling import Tell
from hexkey.application.ports.access import AccessStore, AccessTransaction
from hexkey.application.ports.accounts import EmailSyntax, UsernameSyntax
from hexkey.application.ports.system import Clock, IdGenerator
from hexkey.domain.access import ADMIN, Role
from hexkey.domain.accounts.email import EmailAddress
from hexkey.domain.accounts.one_time_token import (
    LIFETIMES,
    InvalidOrExpiredToken,
    Invitation,
    OneTimeToken,
    Purpose,
)
from hexkey.domain.accounts.password import PasswordHash
from hexkey.domain.accounts.profile import Profile
from hexkey.domain.accounts.user import EmailTaken, User, known_about
from hexkey.domain.accounts.username import Username, ensure_not_reserved
from hexkey.domain.audit.event import AuditType
from hexkey.domain.events import Event, EventType
from hexkey.domain.identifiers import MessageId, UserId
from hexkey.domain.outbox import Channel, Message


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteUser:
    """Send an invitation, as somebody with access to the machine."""

    store: AccessStore
    emails: EmailSyntax
    ids: IdGenerator
    clock: Clock

    async def __call__(
        self, *, email: str, roles: Collection[Role] = (), language: str | None = None
    ) -> MessageId:
        """Return the id of the mail; a newer invitation of the same address voids an older one.

        Raises:
            InvalidEmail: if that is no address.
            EmailTaken: if somebody has it already.
            RoleNotFound: if one of `roles` is not defined.
        """
        address = self.emails.parse(email)
        now = self.clock.now()
        message = Message(
            id=MessageId(self.ids.new()),
            channel=Channel.MAIL,
            kind="invitation",
            recipient=address.value,
            recipient_key=address.key,
            content={"roles": " ".join(sorted(roles))},
            language=language,
            created_at=now,
            due_at=now,
            expires_at=now + LIFETIMES[Purpose.INVITE],
        )
        async with self.store.begin() as transaction:
            if await transaction.users.find_by_email(address.key) is not None:
                raise EmailTaken
            await ensure_defined(transaction, roles)
            await transaction.outbox.add(message)
            invited = AuditType.USER_INVITED
            await Audit(ids=self.ids)(transaction, invited, at=now, subject=message.id)
            await transaction.commit()
        return message.id


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptInvitation:
    """Begin the account that an invitation allows, at its address and with its roles.

    Without those that were removed since, also if there is another one of that name by now: nobody
    has decided that this person may do what that one permits.
    """

    store: AccessStore
    look: LookAtToken
    usernames: UsernameSyntax
    passwords: NewPasswords
    tell: Tell
    ids: IdGenerator
    clock: Clock
    policy: RegistrationPolicy

    async def __call__(
        self,
        *,
        token: str,
        username: str | None = None,
        password: str,
        full_name: str | None = None,
        language: str | None = None,
    ) -> User:
        """Return the new user, whose address is verified.

        Raises:
            InvalidOrExpiredToken: if that proves nothing, or the address is somebody's by now.
            LoginNameRequired, InvalidUsername, InvalidProfile, PasswordRejected, UsernameTaken:
                if a value will not do; the invitation stays usable.
        """
        seen = await self.look(token=token, purposes=(Purpose.INVITE,))
        self.policy.ensure_complete(username=username, email=seen.address.value)
        name = None if username is None else ensure_not_reserved(self.usernames.parse(username))
        profile = Profile.parse(full_name=full_name, picture=None)
        accepted = self.passwords.accept(
            password, about_user=known_about(name, seen.address, profile)
        )
        hashed = await self.passwords.hash(accepted)
        invited = self._user(seen, name, profile, hashed, language)
        return await self._add(seen, invited)

    async def _add(self, seen: OneTimeToken, invited: User) -> User:
        now = invited.created_at
        async with self.store.begin() as transaction:
            await spend(transaction, seen, now=now)
            invited = replace(invited, roles=await _left_of(transaction, seen, invited.roles))
            try:
                await transaction.users.add(invited)
            except EmailTaken:
                raise InvalidOrExpiredToken from None
            await self.tell(transaction, Event(type=EventType.USER_CREATED, user=invited, at=now))
            await transaction.commit()
        return invited

    def _user(
        self,
        seen: OneTimeToken,
        username: Username | None,
        profile: Profile,
        hashed: PasswordHash,
        language: str | None,
    ) -> User:
        if not isinstance(seen.content, Invitation):
            raise InvalidOrExpiredToken
        now, address = self.clock.now(), EmailAddress(seen.address.value, seen.address.key)
        return User(
            id=UserId(self.ids.new()),
            username=username,
            email=address,
            email_verified=True,
            profile=profile,
            password=hashed,
            roles=seen.content.roles,
            language=language,
            created_at=now,
            updated_at=now,
        )


async def _left_of(
    transaction: AccessTransaction, seen: OneTimeToken, roles: Collection[Role]
) -> frozenset[Role]:
    """Those of `roles` that are what they were when the invitation was written."""
    left = {ADMIN}.intersection(roles)
    for role in sorted(roles):
        defined = await transaction.roles.find(role)
        if defined is not None and defined.created_at <= seen.created_at:
            left.add(role)
    return frozenset(left)
