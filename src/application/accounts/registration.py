"""Registering: how an account begins."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import ClassVar

from hexkey.application.accounts.mail_requests import RequestKind, RequestMail
from hexkey.application.accounts.new_password import NewPasswords
from hexkey.application.accounts.pending import registration_content
from hexkey.application.outbox.telling import Tell
from hexkey.application.ports.accounts import AccountStore, EmailSyntax, UsernameSyntax
from hexkey.application.ports.system import Clock, IdGenerator
from hexkey.domain.accounts.email import EmailAddress
from hexkey.domain.accounts.one_time_token import PendingRegistration
from hexkey.domain.accounts.password import PasswordHash
from hexkey.domain.accounts.profile import Profile
from hexkey.domain.accounts.user import User, known_about
from hexkey.domain.accounts.username import Username, ensure_not_reserved
from hexkey.domain.errors import HexkeyError
from hexkey.domain.events import Event, EventType
from hexkey.domain.identifiers import UserId


class RegistrationClosed(HexkeyError):
    """This deployment takes no new users from outside."""

    code: ClassVar[str] = "registration_closed"
    message: ClassVar[str] = "Registration is closed."


class LoginNameRequired(HexkeyError):
    """Neither a user name nor an address was given, or not the one this deployment asks for."""

    code: ClassVar[str] = "login_name_required"
    message: ClassVar[str] = "A user name or an e-mail address is missing."


class RegistrationMode(StrEnum):
    """How accounts begin; the values are those of a setting."""

    OPEN = "open"  # at once; an address is verified later
    VERIFIED = "verified"  # when the address is confirmed
    INVITED = "invited"  # by an operator's invitation only
    CLOSED = "closed"  # by operators only


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationPolicy:
    """Who may register, and with what.

    Attributes:
        mode: what strangers may do; operators always may register somebody.
        username_required: refuse whoever gives no user name.
        email_required: refuse whoever gives no e-mail address.
    """

    mode: RegistrationMode = RegistrationMode.OPEN
    username_required: bool = False
    email_required: bool = False

    def ensure_open(self) -> None:
        """Raises: RegistrationClosed: if no stranger may register unasked."""
        if self.mode not in (RegistrationMode.OPEN, RegistrationMode.VERIFIED):
            raise RegistrationClosed

    def ensure_complete(self, *, username: str | None, email: str | None) -> None:
        """Raises: LoginNameRequired: if a name that must be given is not."""
        if username is None and (email is None or self.username_required):
            raise LoginNameRequired
        if email is None and self.email_required:
            raise LoginNameRequired


@dataclass(frozen=True, slots=True)
class RegistrationPending:
    """A mail decides whether there will be an account.

    Attributes:
        flow: for whoever registers; to be shown with the code of the mail.
    """

    flow: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Applicant:
    """Whoever registers, as far as the rules allow it."""

    username: Username | None
    email: EmailAddress | None
    profile: Profile
    language: str | None

    @property
    def publicly_known(self) -> frozenset[str]:
        return known_about(self.username, self.email, self.profile)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterUser:
    """Make an account out of a name, an address or both, and a password."""

    store: AccountStore
    usernames: UsernameSyntax
    emails: EmailSyntax
    passwords: NewPasswords
    request_mail: RequestMail
    tell: Tell
    ids: IdGenerator
    clock: Clock
    policy: RegistrationPolicy

    async def __call__(
        self,
        *,
        username: str | None = None,
        email: str | None = None,
        password: str,
        full_name: str | None = None,
        network: str | None = None,
        language: str | None = None,
    ) -> User | RegistrationPending:
        """Return the new user; where addresses are verified first, what happens is in the mail.

        Args:
            network: the client's address, for counting.
            language: in which the user is written to.

        Raises:
            RegistrationClosed, LoginNameRequired: if the policy says so.
            InvalidUsername, InvalidEmail, InvalidProfile, PasswordRejected: if a value breaks a
                rule; nothing was hashed.
            UsernameTaken: if somebody has it.
            EmailTaken: if somebody has it, and addresses are not verified first.
        """
        self.policy.ensure_open()
        applicant = self._read(username, email, full_name, language)
        if applicant.username is not None:
            ensure_not_reserved(applicant.username)
        if self.policy.mode is RegistrationMode.VERIFIED:
            return await self._ask(applicant, password, network)
        hashed = await self._hashed(applicant, password)
        return await self._add(applicant, hashed, network=network, asks_for_mail=True)

    async def by_operator(
        self,
        *,
        username: str | None = None,
        email: str | None = None,
        password: str,
        full_name: str | None = None,
    ) -> User:
        """Return the new user, for somebody with access to the machine.

        For them registration is never closed, and no name is reserved. No mail is sent.
        """
        applicant = self._read(username, email, full_name, None)
        hashed = await self._hashed(applicant, password)
        return await self._add(applicant, hashed, network=None, asks_for_mail=False)

    def _read(
        self, username: str | None, email: str | None, full_name: str | None, language: str | None
    ) -> _Applicant:
        self.policy.ensure_complete(username=username, email=email)
        return _Applicant(
            username=None if username is None else self.usernames.parse(username),
            email=None if email is None else self.emails.parse(email),
            profile=Profile.parse(full_name=full_name, picture=None),
            language=language,
        )

    async def _hashed(self, applicant: _Applicant, password: str) -> PasswordHash:
        accepted = self.passwords.accept(password, about_user=applicant.publicly_known)
        return await self.passwords.hash(accepted)

    async def _add(
        self,
        applicant: _Applicant,
        hashed: PasswordHash,
        *,
        network: str | None,
        asks_for_mail: bool,
    ) -> User:
        user = self._user(applicant, hashed)
        async with self.store.begin() as transaction:
            await transaction.users.add(user)
            if user.email is not None and asks_for_mail:
                await self.request_mail.queue(
                    transaction,
                    RequestKind.VERIFICATION,
                    address=user.email,
                    network=network,
                    language=user.language,
                )
            created = Event(type=EventType.USER_CREATED, user=user, at=user.created_at)
            await self.tell(transaction, created)
            await transaction.commit()
        return user

    def _user(self, applicant: _Applicant, hashed: PasswordHash | None) -> User:
        now = self.clock.now()
        return User(
            id=UserId(self.ids.new()),
            username=applicant.username,
            email=applicant.email,
            profile=applicant.profile,
            password=hashed,
            language=applicant.language,
            created_at=now,
            updated_at=now,
        )

    async def _ask(
        self, applicant: _Applicant, password: str, network: str | None
    ) -> RegistrationPending:
        """Do the same for new and for taken addresses: hash, and write down that somebody asks."""
        if applicant.email is None:
            raise LoginNameRequired
        accepted = self.passwords.accept(password, about_user=applicant.publicly_known)
        await self._ensure_free(applicant)
        pending = PendingRegistration(
            username=applicant.username,
            profile=applicant.profile,
            password=await self.passwords.hash(accepted),
            language=applicant.language,
        )
        flow = await self.request_mail(
            RequestKind.REGISTRATION,
            address=applicant.email,
            network=network,
            language=applicant.language,
            content=registration_content(pending),
        )
        return RegistrationPending(flow)

    async def _ensure_free(self, applicant: _Applicant) -> None:
        """Try the name out, and undo it: names are public, and a mail reserves none."""
        if applicant.username is None:
            return
        nobody = replace(applicant, email=None)
        async with self.store.begin() as transaction:
            await transaction.users.add(self._user(nobody, None))
