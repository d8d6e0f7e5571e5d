"""The first administrator of a deployment, made by whoever reads the server's first words."""

from dataclasses import dataclass, replace
from typing import ClassVar

from hexkey.application.accounts.new_password import NewPasswords
from hexkey.application.audit.recording import Audit
from hexkey.application.outbox.telling import Tell
from hexkey.application.ports.access import AccessStore, SetupTokens
from hexkey.application.ports.accounts import UsernameSyntax
from hexkey.application.ports.system import Clock, IdGenerator
from hexkey.domain.access import ADMIN
from hexkey.domain.accounts.profile import Profile
from hexkey.domain.accounts.user import User, known_about
from hexkey.domain.accounts.username import Username
from hexkey.domain.audit.event import AuditType
from hexkey.domain.errors import HexkeyError
from hexkey.domain.events import Event, EventType
from hexkey.domain.identifiers import UserId


class SetupClosed(HexkeyError):
    """There has been an administrator; from then on only commands make one."""

    code: ClassVar[str] = "not_found"
    message: ClassVar[str] = "There is nothing here."


class InvalidSetupToken(HexkeyError):
    """Not the token that the server printed."""

    code: ClassVar[str] = "invalid_setup_token"
    message: ClassVar[str] = "This is not the set-up token that the server printed at its start."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSetupToken:
    """Find out whether there is something to print."""

    store: AccessStore
    tokens: SetupTokens

    async def __call__(self) -> str | None:
        """Return the token as long as there has never been an administrator."""
        async with self.store.begin() as transaction:
            begun = await transaction.administration.has_begun()
        return None if begun else self.tokens.token()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """Make the first administrator; it closes for good, whatever becomes of them (P60)."""

    store: AccessStore
    tokens: SetupTokens
    usernames: UsernameSyntax
    passwords: NewPasswords
    audit: Audit
    tell: Tell
    ids: IdGenerator
    clock: Clock

    async def __call__(self, *, token: str, username: str, password: str) -> User:
        """Return the administrator. No name is reserved for this one.

        Raises:
            SetupClosed: if there has ever been one; of several at once, one succeeds.
            InvalidSetupToken: if `token` is not the one of this deployment; nothing was hashed.
            InvalidUsername, PasswordRejected, UsernameTaken: if a value will not do; the token
                stays usable.
        """
        await self._ensure_open()
        if not self.tokens.is_token(token):
            raise InvalidSetupToken
        name = self.usernames.parse(username)
        about = known_about(name, None, Profile())
        accepted = self.passwords.accept(password, about_user=about)
        user = self._user(name)
        hashed = await self.passwords.hash(accepted)
        return await self._add(replace(user, password=hashed))

    async def _ensure_open(self) -> None:
        async with self.store.begin() as transaction:
            if await transaction.administration.has_begun():
                raise SetupClosed

    async def _add(self, user: User) -> User:
        now = user.created_at
        async with self.store.begin() as transaction:
            # Hashing took a while: only this decides who is the first.
            if not await transaction.administration.begin(now=now):
                raise SetupClosed
            await transaction.users.add(user)
            await self.tell(transaction, Event(type=EventType.USER_CREATED, user=user, at=now))
            await self.audit(transaction, AuditType.SETUP_COMPLETED, at=now, subject=user.id)
            await transaction.commit()
        return user

    def _user(self, name: Username) -> User:
        now = self.clock.now()
        return User(
            id=UserId(self.ids.new()),
            username=name,
            email=None,
            password=None,
            roles=frozenset((ADMIN,)),
            created_at=now,
            updated_at=now,
        )
