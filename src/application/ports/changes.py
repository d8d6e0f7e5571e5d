"""The news between processes: what changed, and that it is time to look."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from hexkey.domain.identifiers import UserId

CHANGES_AT_A_TIME = 1000  # of `ChangeLog.after`


@dataclass(frozen=True, slots=True)
class StateChange:
    """A user, or one of their sessions, is no longer what somebody may remember.

    Attributes:
        sequence: of two changes, the later one usually has the greater number.
        at: when it was made, by the clock of whoever made it.
    """

    sequence: int
    user: UserId
    at: datetime


class ChangeLog(Protocol):
    """Every change that matters to whoever remembers users or sessions.

    A store writes it in the transaction of the deed. Signing in, refreshing and being seen are
    no such changes.
    """

    @property
    def settling(self) -> timedelta:
        """How long after a change others with smaller numbers may still appear."""
        ...

    async def latest(self) -> int:
        """The greatest number there is; 0 if there is none.

        Raises:
            TemporarilyUnavailable: if the log cannot be read.
        """
        ...

    async def after(self, sequence: int) -> Sequence[StateChange]:
        """The changes with greater numbers, the smallest first, at most `CHANGES_AT_A_TIME`.

        Raises:
            TemporarilyUnavailable: if the log cannot be read.
        """
        ...


class ChangeBell(Protocol):
    """Makes those who follow the log look at once; they look often in any case.

    A ring may be lost, and may be heard twice. Nothing here raises because a connection broke.
    """

    def ring(self) -> None:
        """Wake whoever listens, in other processes too; call it after the commit. Never waits."""
        ...

    async def listen(self) -> None:
        """Hear and pass on rings until cancelled; a connection that breaks is made again."""
        ...

    async def wait(self, *, at_most: timedelta) -> None:
        """Return as soon as it rings, or rang since the last call, or the time is up."""
        ...
