"""What is told to an operator while somebody guesses."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

AGAIN_AFTER = timedelta(minutes=10)  # the same alert is not repeated earlier
OUTBREAK = 200  # failures a minute that one process sees, before it says so
_MINUTE = timedelta(minutes=1)


class AlertKind(StrEnum):
    """Kinds of attack; the values are public: logs and the audit trail have them."""

    NETWORK = "guessing_from_network"  # at many accounts: its budget is used up
    ACCOUNT = "guessing_at_account"  # from wherever: its failures in a row have reached a mark
    OUTBREAK = "guessing_everywhere"  # from many networks at many accounts, a few each
    WOULD_REFUSE = "would_have_refused"  # by a rule in the mode `report`


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An attack that is going on.

    Attributes:
        subject: the network, the account as it is counted, or the key of a counter; empty if it is
            all of them.
        failures: how many were counted.
    """

    kind: AlertKind
    subject: str
    failures: int
    at: datetime


@dataclass(slots=True)
class Outbreak:
    """Failures of the last minute, by all networks at all accounts, as one process sees them."""

    most: int = OUTBREAK
    _at: deque[datetime] = field(default_factory=deque)

    def failed(self, *, now: datetime) -> int | None:
        """Count a failure; how many there were if that is too many."""
        self._at.append(now)
        while len(self._at) > self.most or abs(now - self._at[0]) > _MINUTE:
            self._at.popleft()
        return len(self._at) if len(self._at) >= self.most else None
