"""Guessing: delays instead of locks.

A lock is a weapon against its owner (CVE-2025-64102), so failures only make the next attempt
wait, and only for attempts at one account from one network.
"""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from hexkey.domain.errors import HexkeyError

FREE_FAILURES = 4  # typing errors that cost nothing
MAX_DELAY = timedelta(seconds=900)
MAX_COUNTER_KEY_LENGTH = 128  # a SHA-256 in hex, a separator and an IPv6 network


class TooManyAttempts(HexkeyError):
    """This account is resting for attempts from this network; the right password waits as well.

    Attributes:
        retry_after: time until the next attempt is looked at.
    """

    code: ClassVar[str] = "too_many_attempts"
    message: ClassVar[str] = "Too many failed attempts. Wait before you try again."

    def __init__(self, *, retry_after: timedelta) -> None:
        super().__init__()
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Failures:
    """Consecutive failed attempts.

    Attributes:
        count: how many, at least 1.
        last: when the latest one happened.
    """

    count: int
    last: datetime

    @property
    def delay(self) -> timedelta:
        """How long the account rests: from the fifth failure 1, 2, 4 … 900 s."""
        excess = self.count - FREE_FAILURES
        if excess <= 0:
            return timedelta(0)
        seconds = min(2 ** min(excess - 1, 32), int(MAX_DELAY.total_seconds()))
        return timedelta(seconds=seconds)

    def ensure_rested(self, *, now: datetime) -> None:
        """Check that the rest after the latest failure is over.

        A failure that lies ahead by more than its delay was counted by a clock that was set back
        since; nobody has to wait until it is caught up with.

        Raises:
            TooManyAttempts: if it is not; the wait is never longer than twice the delay.
        """
        if abs(now - self.last) < self.delay:
            raise TooManyAttempts(retry_after=self.last + self.delay - now)


def network_of(address: str | None) -> str:
    """The network an attempt is counted for: an IPv4 address, or the /64 of an IPv6 address.

    One household owns a whole /64, so a single IPv6 address is no limit at all. What is not an
    address is counted together, under one name, and never skips the count.
    """
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed.packed[:8] + bytes(8), 64)))
    return str(parsed)
