import logging

import pytest

from hexkey.adapters.memory.alarm import MemoryAlarm
from hexkey.entrypoints.alarms import LoggedAlarm
from tests.contracts.alarm import AlarmContract

pytestmark = pytest.mark.anyio


class TestLoggedAlarm(AlarmContract):
    @pytest.fixture
    def alarm(self, caplog: pytest.LogCaptureFixture) -> LoggedAlarm:
        caplog.set_level(logging.WARNING, logger="hexkey.security")
        self._lines = caplog
        return LoggedAlarm()

    def heard(self) -> str:
        return self._lines.text


class TestMemoryAlarm(AlarmContract):
    @pytest.fixture
    def alarm(self) -> MemoryAlarm:
        self._alarm = MemoryAlarm()
        return self._alarm

    def heard(self) -> str:
        return str([(it.kind.value, it.subject, it.failures) for it in self._alarm.sounded])
