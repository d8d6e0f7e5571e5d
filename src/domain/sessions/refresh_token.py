"""Refresh tokens: a numbered chain of them per session, of which one is live.

Not a table of tokens: the session knows the number of the live one and when the latest ones were
spent, and every answer below follows from that, the number presented, and the present instant.
Storage does not grow with use, and two requests cannot fork the chain, because there is only one
number to move.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import ClassVar

from hexkey.domain.errors import HexkeyError

REPEAT_GRACE = timedelta(seconds=10)  # tabs that refresh at once, clients that repeat
LOST_ANSWER_GRACE = timedelta(minutes=5)  # the successor never arrived; FAPI 2.0 §5.3.2.1 no. 9
REMEMBERED = 16  # spent tokens whose instants are kept; also the most rotations within the grace


class RefreshTokenRejected(HexkeyError):
    """Unknown, expired, or of a session or user that is no more; the caller is not told which."""

    code: ClassVar[str] = "invalid_refresh_token"
    message: ClassVar[str] = "The refresh token is not valid."


class RefreshTokenReused(HexkeyError):
    """Spent before and for too long: two parties hold it, so the session has been ended."""

    code: ClassVar[str] = "refresh_token_reused"
    message: ClassVar[str] = "This refresh token was used before. The session has been ended."


class TooManyRefreshes(HexkeyError):
    """More rotations than any client needs; nothing was changed.

    Attributes:
        retry_after: time until the next one is possible.
    """

    code: ClassVar[str] = "too_many_refreshes"
    message: ClassVar[str] = "This session refreshes too often. Wait before you try again."

    def __init__(self, *, retry_after: timedelta) -> None:
        super().__init__()
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Rotate:
    """The live token was presented: it is spent, and `chain` is what follows."""

    chain: "RefreshChain"


@dataclass(frozen=True, slots=True)
class Repeat:
    """A token was presented again in time: its successor is the answer, as it was before.

    If that has been spent meanwhile, as by another tab, the answer is the live token, to which
    the successor would lead in any case: whoever keeps the answer must not be left with a token
    that is reuse when its turn comes.
    """

    successor: int


@dataclass(frozen=True, slots=True)
class Reuse:
    """A token came back that no innocent client would still send."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """A number this chain never gave out, as after a restored backup."""


Verdict = Rotate | Repeat | Reuse | Foreign


@dataclass(frozen=True, slots=True)
class RefreshChain:
    """How far the refresh tokens of one session have got.

    Attributes:
        live: the number of the one token that was not spent; the first is 1.
        spent: when the tokens before it were spent, the latest first; at most `REMEMBERED`.
    """

    live: int = 1
    spent: tuple[datetime, ...] = ()

    def judge(self, presented: int, *, now: datetime) -> Verdict:
        """What to do about a token with the number `presented`.

        Raises:
            TooManyRefreshes: if it is the live one, and the chain moves too fast to be followed.
        """
        if presented == self.live:
            return Rotate(self._rotated(now))
        if not 1 <= presented < self.live:
            return Foreign()
        age = self._age(presented, now)
        # The successor of the latest spent token was never used: perhaps it never arrived.
        grace = LOST_ANSWER_GRACE if presented == self.live - 1 else REPEAT_GRACE
        return Repeat(self.live) if age is not None and age < grace else Reuse()

    def _rotated(self, now: datetime) -> "RefreshChain":
        # Up to the first that is out of the grace: an instant is known by its place in the row.
        recent = tuple(takewhile(lambda at: abs(now - at) < REPEAT_GRACE, self.spent))
        if len(recent) >= REMEMBERED:
            raise TooManyRefreshes(retry_after=recent[-1] + REPEAT_GRACE - now)
        return RefreshChain(live=self.live + 1, spent=(now, *recent))

    def _age(self, presented: int, now: datetime) -> timedelta | None:
        back = self.live - 1 - presented
        # Without sign: a clock that is set back by more than a grace must not bring one back.
        return abs(now - self.spent[back]) if back < len(self.spent) else None
