"""The alarm that is a line in the log, and an event in the audit trail."""

import logging

from hexkey.application.ports.authentication import Alarm
from hexkey.domain.authentication.alerts import Alert

_log = logging.getLogger("hexkey.security")


class LoggedAlarm(Alarm):
    """Warns in the log, at once, in words that monitoring can look for."""

    async def sound(self, alert: Alert) -> None:
        """Say it."""
        _log.warning("%s: %d failures, %s", alert.kind, alert.failures, alert.subject or "-")
