"""Alarms that are kept, for tests and for whoever asks this process."""

from collections import deque

from hexkey.application.ports.authentication import Alarm
from hexkey.domain.authentication.alerts import Alert


class MemoryAlarm(Alarm):
    """Keeps the latest alerts."""

    def __init__(self, *, most: int = 100) -> None:
        self.sounded: deque[Alert] = deque(maxlen=most)

    async def sound(self, alert: Alert) -> None:
        self.sounded.append(alert)
