"""Stand-ins for time, chance and slow work, so that tests are exact and quick."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

from hexkey.application.ports.system import Clock, IdGenerator, SecretGenerator

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


class FrozenClock(Clock):
    """Time that moves only when it is told to."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at
        self._elapsed = 0.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self._elapsed

    def advance(self, **by: float) -> None:
        """Let time pass; a negative time sets only the wall clock back."""
        step = timedelta(**by)
        self.at += step
        self._elapsed += max(step.total_seconds(), 0.0)


class CountingIds(IdGenerator):
    """`00000000-0000-7000-8000-000000000001`, and so on."""

    def __init__(self) -> None:
        self._numbers: Iterator[int] = count(1)

    def new(self) -> str:
        return f"00000000-0000-7000-8000-{next(self._numbers):012x}"


class CountingSecrets(SecretGenerator):
    """`secret-1`, and so on."""

    def __init__(self) -> None:
        self._numbers: Iterator[int] = count(1)

    def secret(self) -> str:
        return f"secret-{next(self._numbers)}"
