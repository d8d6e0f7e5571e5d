"""The user: one person's account, and how it changes."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar

from hexkey.domain.access import ADMIN, Role
from hexkey.domain.accounts.email import EmailAddress
from hexkey.domain.accounts.password import PasswordHash
from hexkey.domain.accounts.profile import Profile
from hexkey.domain.accounts.username import Username
from hexkey.domain.errors import HexkeyError
from hexkey.domain.identifiers import UserId

MAX_LANGUAGE_LENGTH = 35  # RFC 5646 §4.4.1: what every tag of a language and its variants needs


class UsernameTaken(HexkeyError):
    """Somebody has this name, or one that cannot be told from it."""

    code: ClassVar[str] = "username_taken"
    message: ClassVar[str] = "This user name is taken."


class EmailTaken(HexkeyError):
    """Somebody has this address."""

    code: ClassVar[str] = "email_taken"
    message: ClassVar[str] = "This e-mail address is taken."


class UserNotFound(HexkeyError):
    """There is no such user, or none that the caller may see; the answer is the same."""

    code: ClassVar[str] = "not_found"
    message: ClassVar[str] = "There is nothing here."


class NoEmailAddress(HexkeyError):
    """The account has no address that its owner could be written to at."""

    code: ClassVar[str] = "no_email_address"
    message: ClassVar[str] = "The account has no e-mail address to write to."


class ErasureOrdered(HexkeyError):
    """The account is to be erased without a time to think it over, or that time is up."""

    code: ClassVar[str] = "erasure_ordered"
    message: ClassVar[str] = (
        "This account is to be erased. Only who may erase accounts can call that off."
    )


class LastAdministrator(HexkeyError):
    """Nobody who can administer would be left."""

    code: ClassVar[str] = "last_administrator"
    message: ClassVar[str] = "This is the last administrator. Make somebody else one first."


@dataclass(frozen=True, slots=True)
class Active:
    """May sign in."""


@dataclass(frozen=True, slots=True)
class Disabled:
    """Refused everywhere since `at`; nothing is forgotten."""

    at: datetime


Status = Active | Disabled


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An account. Every change is a new value with the next `version`.

    Attributes:
        id: opaque, never given to another account; the `sub` of every token.
        username: unique, may be absent when there is an e-mail address.
        email: unique, may be absent when there is a user name.
        password: `None` when this account cannot sign in with a password at all.
        credential_version: counts the passwords this account has had; whoever proved an older
            one proved nothing.
        language: in which mails are written, as RFC 5646 names it; `None` for the deployment's.
        erase_at: when the account is erased; until then its owner, who asked for that, may restore
            it, and nothing else. In the past if an administrator has asked.
        version: counts the changes, so that a store can refuse one made on stale grounds.
    """

    id: UserId
    username: Username | None
    email: EmailAddress | None
    email_verified: bool = False
    profile: Profile = Profile()
    password: PasswordHash | None = field(repr=False)
    status: Status = Active()
    roles: frozenset[Role] = frozenset()
    language: str | None = None
    erase_at: datetime | None = None
    created_at: datetime
    updated_at: datetime
    credential_version: int = 1
    version: int = 1

    def __post_init__(self) -> None:
        if self.username is None and self.email is None:
            raise ValueError("a user needs a user name or an e-mail address")

    @property
    def is_active(self) -> bool:
        """Whether this account may be used at all."""
        return isinstance(self.status, Active)

    @property
    def is_leaving(self) -> bool:
        """Whether the owner has asked for erasure; who signs in may only change their mind."""
        return self.erase_at is not None

    def is_being_erased(self, *, now: datetime) -> bool:
        """Whether no time is left in which the owner could change their mind, or none was given."""
        return self.erase_at is not None and self.erase_at <= now

    @property
    def can_administer(self) -> bool:
        """Whether this is an administrator who may be here, and has something to sign in with.

        Or a proved address, by which a password can be chosen: whoever takes back an account from
        a thief must not be refused because it is the last administrator's.
        """
        proof = self.password is not None or (self.email is not None and self.email_verified)
        return ADMIN in self.roles and self.is_active and not self.is_leaving and proof

    def accepts_proof_for(self, earlier: "User") -> bool:
        """Whether who proved to be `earlier`, this user as it was, may still act as this one."""
        return self.is_active and self.credential_version == earlier.credential_version

    def differs_only_in_hash(self, earlier: "User") -> bool:
        """Whether nothing has happened to `earlier` since but a new hash of the same password."""
        return replace(earlier, password=self.password, version=self.version) == self

    def publicly_known(self) -> frozenset[str]:
        """What anybody may know of this user, and so nobody should use as a password."""
        return known_about(self.username, self.email, self.profile)

    def with_profile(self, *, username: Username | None, profile: Profile, now: datetime) -> "User":
        """This user under another name or with another profile."""
        return self._changed(now, username=username, profile=profile)

    def with_password(self, password: PasswordHash, *, now: datetime) -> "User":
        """This user with a new password."""
        return self._changed(now, password=password, credential_version=self.credential_version + 1)

    def with_rehashed_password(self, password: PasswordHash) -> "User":
        """This user with the same password under today's hash; not a change its owner made."""
        return replace(self, password=password, version=self.version + 1)

    def with_verified_email(self, email: EmailAddress, *, now: datetime) -> "User":
        """This user, who has shown to read mail at `email`."""
        if self.email_verified and self.email == email:
            return self
        return self._changed(now, email=email, email_verified=True)

    def without_email(self, *, now: datetime) -> "User":
        """This user without an address; a user name must be there."""
        return self._changed(now, email=None, email_verified=False)

    def without_password(self, *, now: datetime) -> "User":
        """This user, whom no password opens until a new one is set."""
        return self._changed(now, password=None, credential_version=self.credential_version + 1)

    def to_choose_a_password(self, *, now: datetime) -> "User":
        """This user without a password, to be written to.

        Raises:
            NoEmailAddress: if that cannot be done.
        """
        if self.email is None:
            raise NoEmailAddress
        return self if self.password is None else self.without_password(now=now)

    def leaving(self, *, erase_at: datetime, now: datetime) -> "User":
        """This user, to be erased; the first date stays."""
        return self if self.is_leaving else self._changed(now, erase_at=erase_at)

    def restored(self, *, now: datetime) -> "User":
        """This user, who stays after all."""
        return self._changed(now, erase_at=None) if self.is_leaving else self

    def disabled(self, *, now: datetime) -> "User":
        """This user, refused everywhere from now on; the first instant stays.

        What was proved, and what was mailed, before is void also after an enabling.
        """
        if not self.is_active:
            return self
        return self._changed(
            now, status=Disabled(now), credential_version=self.credential_version + 1
        )

    def enabled(self, *, now: datetime) -> "User":
        """This user, welcome again; an erasure that nothing would stop any more is called off."""
        if self.is_active:
            return self
        erase_at = None if self.is_being_erased(now=now) else self.erase_at
        return self._changed(now, status=Active(), erase_at=erase_at)

    def granted(self, role: Role, *, now: datetime) -> "User":
        """This user with one more role."""
        return self if role in self.roles else self._changed(now, roles=self.roles | {role})

    def revoked(self, role: Role, *, now: datetime) -> "User":
        """This user with one role less."""
        return self._changed(now, roles=self.roles - {role}) if role in self.roles else self

    def erased_at_once(self, *, now: datetime) -> "User":
        """This user, refused everywhere and to be erased now, whatever had been arranged."""
        disabled = self.disabled(now=now)
        return replace(disabled, erase_at=now, updated_at=now, version=self.version + 1)

    def with_roles(self, roles: frozenset[Role], *, now: datetime) -> "User":
        """This user with exactly these roles."""
        return self if roles == self.roles else self._changed(now, roles=roles)

    def _changed(self, now: datetime, **changes: Any) -> "User":
        return replace(self, updated_at=now, version=self.version + 1, **changes)


def known_about(
    username: Username | None, email: EmailAddress | None, profile: Profile
) -> frozenset[str]:
    """What anybody may know of a user who is about to register with these values."""
    known = {profile.full_name}
    if username is not None:
        known |= {username.value, username.key}
    if email is not None:
        known |= {email.value, email.key, email.value.rpartition("@")[0]}
    return frozenset(text for text in known if text)
