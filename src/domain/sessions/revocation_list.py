"""Whose tokens are refused before their time: told to those who verify offline."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hexkey.domain.identifiers import SessionId, UserId
from hexkey.domain.sessions.access_token import CLOCK_SKEW, AccessTokenClaims, InvalidToken

MOST_LISTED = 10_000  # sessions, and as many users: about 1 MB when signed
STATEMENT_LIFETIME = timedelta(minutes=10)  # an older list may be one that somebody kept back


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationList:
    """What is refused although it has not expired. Instants are UTC, in whole seconds.

    Attributes:
        sessions: those that were ended, and when.
        users: disabled ones; what they were issued before that instant is refused.
        not_before: what anybody was issued before is refused; set when there was too much to
            list, so that the rest is not believed in silence.
    """

    sessions: Mapping[SessionId, datetime] = field(default_factory=dict)
    users: Mapping[UserId, datetime] = field(default_factory=dict)
    not_before: datetime | None = None

    def revokes(self, claims: AccessTokenClaims) -> bool:
        """Whether a token that says this is to be refused."""
        return claims.session in self.sessions or any(
            claims.issued_at < instant for instant in self._bounds_of(claims.subject)
        )

    def _bounds_of(self, user: UserId) -> Iterator[datetime]:
        for instant in (self.not_before, self.users.get(user)):
            if instant is not None:
                yield instant

    @property
    def tag(self) -> str:
        """A name of this content: equal for equal lists, on every instance."""
        content = [
            sorted((it, at.timestamp()) for it, at in self.sessions.items()),
            sorted((it, at.timestamp()) for it, at in self.users.items()),
            self.not_before.timestamp() if self.not_before else None,
        ]
        return hashlib.sha256(json.dumps(content).encode("ascii")).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationStatement:
    """A list, and who says so when.

    Attributes:
        since: what was ended earlier is not listed, because its tokens have expired.
        expires_at: UTC, whole seconds, the first instant at which the list is not believed.
    """

    issuer: str
    since: datetime
    issued_at: datetime
    expires_at: datetime
    revoked: RevocationList

    @classmethod
    def made(
        cls, revoked: RevocationList, *, issuer: str, since: datetime, now: datetime
    ) -> "RevocationStatement":
        """What `issuer` says `now`."""
        issued_at = now.replace(microsecond=0)
        return cls(
            issuer=issuer,
            since=since.replace(microsecond=0),
            issued_at=issued_at,
            expires_at=issued_at + STATEMENT_LIFETIME,
            revoked=revoked,
        )

    def ensure_current(self, *, now: datetime) -> None:
        """Check the statement against the clock.

        Raises:
            InvalidToken: if its time is over or has not begun.
        """
        if not self.issued_at - CLOCK_SKEW <= now < self.expires_at + CLOCK_SKEW:
            raise InvalidToken

    def is_worn(self, *, now: datetime) -> bool:
        """Whether half of its time is over, so that a new one is better asked for in full."""
        return now >= self.issued_at + (self.expires_at - self.issued_at) / 2


def oldest_that_matters(*, lifetime: timedelta, now: datetime) -> datetime:
    """Whoever was refused earlier has no token any more that somebody would believe.

    The clock of the instance that issued the last one may be ahead, and that of the verifier
    behind.

    Args:
        lifetime: of access tokens.
    """
    return now - lifetime - 2 * CLOCK_SKEW


def not_before(refused_at: datetime) -> datetime:
    """The bound for those who are issued nothing since `refused_at`, by whatever clock."""
    bound = refused_at + CLOCK_SKEW
    return bound.replace(microsecond=0) + timedelta(seconds=bool(bound.microsecond))
