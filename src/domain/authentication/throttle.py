"""Guessing: delays instead of locks.

A lock is a weapon against its owner (CVE-2025-64102), so failures make the next attempt wait, and
only attempts that have something in common with those that failed: the device, or the account and
the network, or the network. One bound knows no network, because NIST SP 800-63B-4 §3.2.2 sets it:
after a hundred failures in a row, an account's password is not looked at any more, from no device
that it does not know. Whoever reads its mail sets a new one, and so begins anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from hexkey.domain.errors import HexkeyError

MAX_DELAY = timedelta(seconds=900)
MAX_COUNTER_KEY_LENGTH = 160  # a rule, a digest or an id and its version, and an IPv6 network

_MOST_DOUBLINGS = 32  # more than any delay needs, and few enough for 64 bits
_NOTHING = timedelta(0)
_HOUR = timedelta(hours=1)


class TooManyAttempts(HexkeyError):
    """What this attempt belongs to is resting; the right password waits as well.

    Attributes:
        retry_after: time until the next attempt is looked at.
    """

    code: ClassVar[str] = "too_many_attempts"
    message: ClassVar[str] = "Too many failed attempts. Wait before you try again."

    def __init__(self, *, retry_after: timedelta) -> None:
        super().__init__()
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What one counter stands.

    Attributes:
        free: failures in a row that cost nothing: typing errors.
        first: the rest after the first one that is not free; it doubles with each that follows.
        longest: the longest of these rests.
        ahead: rests may add up to this before anybody has to wait. With `first` equal to `longest`
            this allows so many failures at once as fit in, and then one each `first`.
        most: failures in a row after which there is no other attempt; 0 for no such end.
        kept: how long a counter is remembered after its latest failure.
    """

    free: int = 0
    first: timedelta = timedelta(seconds=1)
    longest: timedelta = MAX_DELAY
    ahead: timedelta = _NOTHING
    most: int = 0
    kept: timedelta = timedelta(days=1)

    @property
    def unhindered(self) -> int:
        """Failures at once after which the next attempt has not to wait."""
        return self.free + self.ahead // self.first

    def rest_after(self, count: int) -> timedelta:
        """The rest that the failure of this number adds."""
        excess = count - self.free
        if excess <= 0:
            return _NOTHING
        return min(self.first * (1 << min(excess - 1, _MOST_DOUBLINGS)), self.longest)

    def kept_until(self, *, now: datetime) -> datetime:
        """When a counter that was charged `now` may be forgotten.

        In whole hours, so that an index over it changes seldom.
        """
        return (now + self.kept + _HOUR).replace(minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Failures:
    """What was counted in a row under one key.

    Attributes:
        count: how many, at least 0.
        rests_until: when every rest that was added is over.
    """

    count: int
    rests_until: datetime

    def wait(self, budget: Budget, *, now: datetime) -> timedelta:
        """How long until the next attempt is looked at; nothing if it is at once.

        A rest that lies ahead by more than twice its length was set by a clock that was set back
        since; nobody has to wait until it is caught up with.
        """
        if 0 < budget.most <= self.count:
            return MAX_DELAY  # as good as any other: it will not help to wait
        wait = self.rests_until - budget.ahead - now
        longest = 2 * budget.rest_after(self.count)
        return wait if _NOTHING < wait < longest else _NOTHING

    def with_another(self, budget: Budget, *, now: datetime) -> "Failures":
        """With one failure more, `now`."""
        count = self.count + 1
        begin = now
        if now < self.rests_until <= now + budget.ahead:
            begin = self.rests_until
        return Failures(count, begin + budget.rest_after(count))

    def without(self, count: int, *, rest: timedelta) -> "Failures":
        """Without so many of the failures, and so much of their rest."""
        return Failures(max(0, self.count - count), self.rests_until - rest)


def none_yet(*, now: datetime) -> Failures:
    """What stands under a key that nothing was counted under."""
    return Failures(0, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One counter that an attempt is counted under.

    Attributes:
        binding: whether the attempt is not looked at while this counter rests; others only count.
    """

    key: str
    budget: Budget
    binding: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What became of a charge.

    Attributes:
        failures: as they stand now, with this attempt if it was charged.
        wait: for how long the counter rests; nothing if it did not.
        charged: whether the attempt was counted there; never while it rests.
    """

    failures: Failures
    wait: timedelta
    charged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Relief:
    """What is taken from a counter again, because somebody was right, or was not looked at."""

    key: str
    count: int
    rest: timedelta

    def and_also(self, other: "Relief") -> "Relief":
        """Both in one; they are of one counter."""
        return Relief(key=self.key, count=self.count + other.count, rest=self.rest + other.rest)


def standings_of(
    charges: Sequence[Charge], stored: Mapping[str, Failures], *, now: datetime
) -> Sequence[Standing]:
    """What becomes of `charges`, if nobody can come between: in memory, and under a lock."""
    before = [stored.get(charge.key) or none_yet(now=now) for charge in charges]
    waits = [it.wait(charge.budget, now=now) for it, charge in zip(before, charges, strict=True)]
    refused = any(wait and charge.binding for wait, charge in zip(waits, charges, strict=True))
    return [
        Standing(failures=failures, wait=wait, charged=False)
        if refused or wait
        else Standing(
            failures=failures.with_another(charge.budget, now=now), wait=wait, charged=True
        )
        for charge, failures, wait in zip(charges, before, waits, strict=True)
    ]
