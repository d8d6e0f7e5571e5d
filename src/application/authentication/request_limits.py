"""Counting requests, so that nobody can keep the service busy alone."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from hexkey.application.ports.authentication import FailureCounters
from hexkey.application.ports.system import Clock
from hexkey.domain.authentication.request_limits import Allowance, RequestKind, RequestPolicy
from hexkey.domain.errors import TemporarilyUnavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRequests:
    """Count one request before any work is done for it."""

    counters: FailureCounters
    policy: RequestPolicy
    clock: Clock

    async def __call__(self, kind: RequestKind, *, address: str | None) -> Allowance | None:
        """Return what is left to the client; `None` if requests of this kind have no bound.

        It refuses nobody: whoever asks looks at `wait`. If there is nowhere to count, the request
        is let through, because what it guesses is counted elsewhere, and strictly.
        """
        charge = self.policy.charge(kind, address)
        if charge is None:
            return None
        now = self.clock.now()
        with suppress(TemporarilyUnavailable):
            (standing,) = await self.counters.charge([charge], now=now)
            debt = max(standing.failures.rests_until - now, timedelta(0))
            return self.policy.allowance(kind, standing, debt=debt)
        return None
