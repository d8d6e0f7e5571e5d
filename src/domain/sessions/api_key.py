"""API keys: what programs prove themselves with, in the name of a user and with less power."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from hexkey.domain.access import MAX_SCOPES_LENGTH, Authority
from hexkey.domain.accounts.user import User
from hexkey.domain.errors import HexkeyError
from hexkey.domain.identifiers import ApiKeyId, UserId
from hexkey.domain.text import has_control_characters

MAX_KEY_NAME_LENGTH = 100
MOST_KEYS = 50  # of one user
LONGEST_LIFE = timedelta(days=366)  # of a personal token; a service's key may stay
USED_EVERY = timedelta(minutes=1)  # how exactly `last_used_at` is kept

READ_ACCOUNT = "account:read"  # who am I
WRITE_ACCOUNT = "account:write"  # my name and my picture
ACCOUNT_SCOPES = frozenset((READ_ACCOUNT, WRITE_ACCOUNT))


class InvalidApiKey(HexkeyError):
    """What a key is to be called, or how long it is to live, breaks a rule."""

    code: ClassVar[str] = "invalid_api_key"
    message: ClassVar[str] = (
        "A key needs a name of at most 100 characters, at least one scope, and an end within a "
        "year."
    )


class ScopeNotAllowed(HexkeyError):
    """A key would be allowed what its owner is not."""

    code: ClassVar[str] = "scope_not_allowed"
    message: ClassVar[str] = "A key cannot be given a scope that its owner does not have."


class TooManyApiKeys(HexkeyError):
    """The owner has as many keys as anybody may have."""

    code: ClassVar[str] = "too_many_api_keys"
    message: ClassVar[str] = "There are too many keys. Delete one first."


class ApiKeyNotFound(HexkeyError):
    """There is no such key of this user; somebody else's looks the same."""

    code: ClassVar[str] = "not_found"
    message: ClassVar[str] = "There is nothing here."


class KeyKind(StrEnum):
    """Who made a key, and so what ends it."""

    PERSONAL = "personal"  # its owner, for their own programs: it ends with the password
    SERVICE = "service"  # an operator, for a service that nobody sits at


class KeyStatus(StrEnum):
    """Whether a key that is kept still opens anything."""

    ACTIVE = "active"
    EXPIRED = "expired"
    ENDED = "ended"  # its owner's password has changed, or they may not be here


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as it is kept; the key itself nobody has but whoever was shown it once.

    Attributes:
        owner: never another one.
        digest: SHA-256 of the key, in hexadecimal.
        scopes: permissions, scopes of the deployment, and those of `ACCOUNT_SCOPES`.
        credential_version: of the owner when the key was made; another password or a disabling
            ends a personal key. `None` for a service's.
        expires_at: UTC, the first instant at which it is refused.
        last_used_at: exact to `USED_EVERY`.
    """

    id: ApiKeyId
    owner: UserId
    kind: KeyKind
    name: str
    digest: str
    scopes: frozenset[str]
    credential_version: int | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = None

    @classmethod
    def made(
        cls,
        *,
        id: ApiKeyId,
        owner: User,
        kind: KeyKind,
        name: str,
        digest: str,
        scopes: Collection[str],
        expires_at: datetime | None,
        now: datetime,
    ) -> "ApiKey":
        """A new key of `owner`.

        Raises:
            InvalidApiKey: if the name, the scopes or the end break a rule.
        """
        personal = kind is KeyKind.PERSONAL
        if not _is_name(name) or not scopes or len(" ".join(scopes)) > MAX_SCOPES_LENGTH:
            raise InvalidApiKey
        if expires_at is None and personal:
            raise InvalidApiKey
        if expires_at is not None and not now < expires_at <= now + LONGEST_LIFE:
            raise InvalidApiKey
        return cls(
            id=id,
            owner=owner.id,
            kind=kind,
            name=name,
            digest=digest,
            scopes=frozenset(scopes),
            credential_version=owner.credential_version if personal else None,
            created_at=now,
            expires_at=expires_at,
        )

    def opens_for(self, owner: User, *, now: datetime) -> bool:
        """Whether `owner`, as they are now, may still be represented by it."""
        return self.status_for(owner, now=now) is KeyStatus.ACTIVE

    def status_for(self, owner: User, *, now: datetime) -> KeyStatus:
        """The same, and if not, why."""
        if self.expires_at is not None and now >= self.expires_at:
            return KeyStatus.EXPIRED
        same = self.credential_version in (None, owner.credential_version)
        welcome = same and owner.is_active and not owner.is_leaving
        return KeyStatus.ACTIVE if welcome else KeyStatus.ENDED

    def is_due_to_be_seen(self, *, now: datetime) -> bool:
        """Whether one more use is worth a write."""
        return self.last_used_at is None or now - self.last_used_at >= USED_EVERY


def ensure_within(
    scopes: Collection[str],
    owner: Authority,
    *,
    permissions: frozenset[str],
    open_scopes: frozenset[str],
) -> None:
    """Let no key be allowed more than its owner.

    Args:
        permissions: every one there is; such a scope is for those who hold it.
        open_scopes: what everybody may ask for, besides.

    Raises:
        ScopeNotAllowed: if one of `scopes` is neither, or not held.
    """
    for scope in scopes:
        allowed = owner.holds(scope) if scope in permissions else scope in open_scopes
        if not allowed and scope not in ACCOUNT_SCOPES:
            raise ScopeNotAllowed


def _is_name(text: str) -> bool:
    fits = 0 < len(text) <= MAX_KEY_NAME_LENGTH and text == text.strip()
    return fits and not has_control_characters(text)
