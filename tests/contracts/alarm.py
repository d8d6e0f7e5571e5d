"""What `Alarm` promises."""

from abc import ABC, abstractmethod

from hexkey.application.ports.authentication import Alarm
from hexkey.domain.authentication.alerts import Alert, AlertKind
from tests.support.doubles import START


class AlarmContract(ABC):
    """Subclass as `TestXxxAlarm`, provide the `alarm` fixture and say what was heard."""

    @abstractmethod
    def alarm(self) -> Alarm: ...

    @abstractmethod
    def heard(self) -> str:
        """What an operator sees."""

    async def test_tells_of_every_kind_how_many_and_where(self, alarm: Alarm) -> None:
        for number, kind in enumerate(AlertKind, 7001):
            subject = f"198.51.100.{number}"
            await alarm.sound(Alert(kind=kind, subject=subject, failures=number, at=START))

            assert all(word in self.heard() for word in (kind.value, subject, str(number)))
