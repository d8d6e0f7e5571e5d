"""What every `Clock` promises."""

from abc import ABC, abstractmethod
from datetime import timedelta

from hexkey.application.ports.system import Clock


class ClockContract(ABC):
    """Subclass as `TestXxx` and provide the `clock` fixture."""

    @abstractmethod
    def clock(self) -> Clock: ...

    def test_tells_utc(self, clock: Clock) -> None:
        assert clock.now().utcoffset() == timedelta(0)

    def test_tells_whole_milliseconds(self, clock: Clock) -> None:
        assert all(clock.now().microsecond % 1000 == 0 for _ in range(50))

    def test_has_a_reading_that_never_goes_back(self, clock: Clock) -> None:
        readings = [clock.monotonic() for _ in range(1000)]

        assert readings == sorted(readings)
