"""What `FailureCounters` promises."""

import asyncio
from abc import ABC, abstractmethod
from datetime import timedelta

from hexkey.application.ports.authentication import FailureCounters
from hexkey.domain.authentication.throttle import Failures
from tests.support.doubles import START

LATER = START + timedelta(seconds=1)


class FailureCountersContract(ABC):
    """Subclass as `TestXxxFailureCounters` and provide the `failures` fixture."""

    @abstractmethod
    def failures(self) -> FailureCounters: ...

    async def test_nothing_was_counted_at_first(self, failures: FailureCounters) -> None:
        assert await failures.find("ann|203.0.113.1") is None

    async def test_counts_one_by_one_and_remembers_the_latest(
        self, failures: FailureCounters
    ) -> None:
        await failures.record("ann", now=START)
        assert await failures.find("ann") == Failures(count=1, last=START)

        await failures.record("ann", now=LATER)
        assert await failures.find("ann") == Failures(count=2, last=LATER)

    async def test_counts_every_key_for_itself(self, failures: FailureCounters) -> None:
        await failures.record("ann|2001:db8::/64", now=START)
        await failures.record("Ann|2001:db8::/64", now=LATER)
        await failures.clear("Ann|2001:db8::/64")

        assert await failures.find("ann|2001:db8::/64") == Failures(count=1, last=START)
        assert await failures.find("Ann|2001:db8::/64") is None

    async def test_begins_anew_when_it_was_cleared(self, failures: FailureCounters) -> None:
        await failures.clear("ann")
        await failures.record("ann", now=START)
        await failures.clear("ann")
        await failures.record("ann", now=LATER)

        assert await failures.find("ann") == Failures(count=1, last=LATER)

    async def test_loses_no_failure_when_many_come_at_once(self, failures: FailureCounters) -> None:
        await asyncio.gather(*(failures.record("ann", now=START) for _ in range(30)))

        assert await failures.find("ann") == Failures(count=30, last=START)
