"""A session: one sign-in, until it ends."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hexkey.domain.identifiers import SessionId, UserId

SESSION_LIFETIME = timedelta(days=30)  # absolute; NIST SP 800-63B-4 §2.1.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What one successful sign-in opened.

    Attributes:
        id: not a secret and not a credential; the `sid` of its tokens.
        expires_at: UTC, the first instant at which it is over in any case.
        ended_at: when it was ended by its owner, a password change or an administrator.
    """

    id: SessionId
    user: UserId
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None

    @classmethod
    def opened(cls, *, id: SessionId, user: UserId, now: datetime) -> "Session":
        """A fresh session of `user`."""
        return cls(id=id, user=user, created_at=now, expires_at=now + SESSION_LIFETIME)

    def is_live(self, *, now: datetime) -> bool:
        """Whether its tokens are still good."""
        return self.ended_at is None and now < self.expires_at

    def ended(self, *, now: datetime) -> "Session":
        """This session, over; the first instant stays."""
        return self if self.ended_at is not None else replace(self, ended_at=now)
