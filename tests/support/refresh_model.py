"""What the refresh tokens of a session should do, as simply as can be said."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hexkey.domain.errors import HexkeyError
from hexkey.domain.identifiers import SessionId, UserId
from hexkey.domain.sessions.refresh_token import (
    RefreshTokenRejected,
    RefreshTokenReused,
    TooManyRefreshes,
)

Refusal = type[HexkeyError]

IDLE, ABSOLUTE = timedelta(hours=2), timedelta(hours=6)
GRACE, LOST = timedelta(seconds=10), timedelta(minutes=5)
MOST_IN_GRACE = 16


@dataclass
class Family:
    """One session, and every refresh token it ever had.

    Attributes:
        spent: when each was spent, of those whose grace had not run out when the chain moved on;
            what had run out then stays dead, whatever the clock says later.
        jar: the number of the token that the innocent client keeps; its tabs share it.
    """

    session: SessionId
    user: UserId
    begun: datetime
    live: int = 1
    spent: dict[int, datetime] = field(default_factory=dict)
    ended: bool = False
    jar: int = 1

    def __post_init__(self) -> None:
        self.idle_until = self.begun + IDLE
        self.expires_at = self.begun + ABSOLUTE

    def is_over(self, now: datetime) -> bool:
        return self.ended or now >= self.idle_until

    def is_in_grace(self, number: int, now: datetime) -> bool:
        """Whether an innocent client may still send it."""
        at, bound = self.spent.get(number), LOST if number == self.live - 1 else GRACE
        return at is not None and abs(now - at) < bound

    def present(self, number: int, now: datetime) -> int | Refusal:
        """The number of the token that is the answer, or the refusal."""
        if self.is_over(now) or number > self.live:
            return RefreshTokenRejected
        if number == self.live:
            return self._rotated(now)
        if self.is_in_grace(number, now):
            return self.live
        self.ended = True
        return RefreshTokenReused

    def _rotated(self, now: datetime) -> int | Refusal:
        out = max((n for n, at in self.spent.items() if abs(now - at) >= GRACE), default=0)
        recent = {n: at for n, at in self.spent.items() if n > out}
        if len(recent) >= MOST_IN_GRACE:
            return TooManyRefreshes
        self.spent = {**recent, self.live: now}
        self.live += 1
        self.idle_until = min(now + IDLE, self.expires_at)
        return self.live
