"""One-time tokens: what a mail carries so that whoever reads it may do one thing, once.

The secret of a token is never stored: it is derived from the token's id under a key of ours, so
a repeated delivery carries the same one, and the database holds only its digest.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from hexkey.domain.access import Role
from hexkey.domain.accounts.email import EmailAddress
from hexkey.domain.accounts.password import PasswordHash
from hexkey.domain.accounts.profile import Profile
from hexkey.domain.accounts.user import User
from hexkey.domain.accounts.username import Username
from hexkey.domain.errors import HexkeyError
from hexkey.domain.identifiers import TokenId, UserId

CODE_LIFETIME = timedelta(minutes=10)  # NIST SP 800-63B-4 §3.1.3.1
MOST_TRIES = 5  # of a code; 10^6 codes, so 5 in a million guesses succeed
TRIES_LAST = timedelta(days=1)  # for which a newer code gives no new tries
MAX_SUBJECT_LENGTH = 400  # an address's key, or a user's id and an address's key
MAX_DIGEST_LENGTH = 64
MAX_CONTENT_LENGTH = 65_536  # of what a token gives, as JSON in ASCII


class InvalidOrExpiredToken(HexkeyError):
    """Unknown, expired, used, replaced, of another flow; the caller is not told which."""

    code: ClassVar[str] = "invalid_or_expired_token"
    message: ClassVar[str] = "This link or code is not valid any more. Ask for a new one."


class Purpose(StrEnum):
    """The one act that a token allows."""

    REGISTER = "register"
    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of an act
    CHANGE_EMAIL = "change_email"
    UNDO_EMAIL_CHANGE = "undo_email_change"
    RESTORE_ACCOUNT = "restore_account"
    INVITE = "invite"


# 30 minutes where a token opens an account, a day where it proves an address (NIST SP 800-63B-4
# §4.2.1.2), and longer only where it gives back what was, or lets nobody into what exists.
LIFETIMES: Mapping[Purpose, timedelta] = {
    Purpose.REGISTER: timedelta(hours=24),
    Purpose.VERIFY_EMAIL: timedelta(hours=24),
    Purpose.RESET_PASSWORD: timedelta(minutes=30),
    Purpose.CHANGE_EMAIL: timedelta(minutes=30),
    Purpose.UNDO_EMAIL_CHANGE: timedelta(days=7),
    Purpose.RESTORE_ACCOUNT: timedelta(days=30),  # at most; the grace period ends it earlier
    Purpose.INVITE: timedelta(days=7),
}

# These are typed from another device; the others need the link.
WITH_CODE = frozenset({Purpose.REGISTER, Purpose.VERIFY_EMAIL, Purpose.RESET_PASSWORD})

# What stands although the owner's password has changed since: it takes back what a thief did.
_OUTLIVES_PASSWORDS = frozenset({Purpose.UNDO_EMAIL_CHANGE, Purpose.RESTORE_ACCOUNT})
VOID_WITH_PASSWORD = frozenset(Purpose) - _OUTLIVES_PASSWORDS
_FOR_PRESENT_ADDRESS = frozenset({Purpose.VERIFY_EMAIL, Purpose.RESET_PASSWORD})


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingRegistration:
    """An account that begins when its address is confirmed."""

    username: Username | None
    profile: Profile
    password: PasswordHash = field(repr=False)
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """What whoever accepts is given."""

    roles: frozenset[Role] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeToken:
    """One act that whoever reads a mail may do.

    Attributes:
        id: that of the message that carries it.
        subject: whom the act is about; of two tokens of one purpose and subject only the newer
            one exists.
        user: `None` while there is no account.
        address: where the mail goes, and what it proves.
        credential_version: that of the user when it was issued; a changed password voids it.
        digest: of the secret in the link.
        flow_digest: of what the one who asked was given; who types the code must show it, so that
            a code read over the phone is of no use in another browser. `None`: not asked for.
        tries: wrong codes so far.
    """

    id: TokenId
    purpose: Purpose
    subject: str
    user: UserId | None
    address: EmailAddress
    credential_version: int | None = None
    digest: str = field(repr=False)
    flow_digest: str | None = field(default=None, repr=False)
    content: PendingRegistration | Invitation | None = None
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    tries: int = 0

    def is_live(self, *, now: datetime) -> bool:
        """Whether its link still works, as far as the token itself knows."""
        return self.used_at is None and self.created_at <= now < self.expires_at

    def takes_codes(self, *, now: datetime) -> bool:
        """Whether its code may still be typed."""
        return (
            self.purpose in WITH_CODE
            and self.is_live(now=now)
            and self.tries < MOST_TRIES
            and now < self.created_at + CODE_LIFETIME
        )

    def is_of_flow(self, flow_digest: str) -> bool:
        """Whether it was asked for by whoever holds the secret of this digest."""
        own = self.flow_digest
        return own is not None and hmac.compare_digest(own.encode(), flow_digest.encode())

    def fits(self, user: User) -> bool:
        """Whether it still means `user`, as the user is now.

        A changed password, a changed address or a disabled account void a token without anybody
        having to think of it (ASVS 6.5.1).
        """
        if self.user != user.id or not user.is_active:
            return False
        same_password = self.credential_version == user.credential_version
        if not same_password and self.purpose not in _OUTLIVES_PASSWORDS:
            return False
        if self.purpose in _FOR_PRESENT_ADDRESS:
            return user.email is not None and user.email.key == self.address.key
        return True

    def used(self, *, now: datetime) -> "OneTimeToken":
        """This token after its act."""
        return replace(self, used_at=now)

    def voided(self) -> "OneTimeToken":
        """This token, if it was never used, as one that never could be."""
        return self if self.used_at is not None else replace(self, used_at=self.created_at)

    def after(self, earlier: "OneTimeToken | None") -> "OneTimeToken":
        """This token, which has as few tries left as `earlier` had, whose place it takes.

        Otherwise whoever asks for one code after the other may guess on and on: five an hour are
        40,000 a year. The link works in any case, and a success or a new password give new tries.
        """
        if earlier is None or earlier.id == self.id or earlier.used_at is not None:
            return self
        if earlier.credential_version != self.credential_version:
            return self
        if self.created_at - earlier.created_at >= TRIES_LAST:
            return self
        return replace(self, tries=earlier.tries)

    def tried(self) -> "OneTimeToken":
        """This token after a code was typed, right or wrong."""
        return replace(self, tries=self.tries + 1)


def subject_of(purpose: Purpose, *, user: UserId | None, address: EmailAddress) -> str:
    """What a newer token of the same purpose must share with an older one to void it.

    An undoing is per address: whoever changes it twice must not void the first one's link.
    """
    if purpose is Purpose.UNDO_EMAIL_CHANGE:
        return f"{user} {address.key}"
    if user is not None and purpose in (Purpose.CHANGE_EMAIL, Purpose.RESTORE_ACCOUNT):
        return user
    return address.key
