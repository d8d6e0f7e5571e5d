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

    def now(self) -> datetime:
        return self.at

    def advance(self, **by: float) -> None:
        self.at += timedelta(**by)


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
