"""Whether this instance can serve, and if not, what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass

from hexkey.application.outbox.operating import ReadOutboxState
from hexkey.application.ports.authentication import FailureCounters
from hexkey.application.ports.keys import KeyRing
from hexkey.application.ports.storage import Storage
from hexkey.application.ports.system import Clock
from hexkey.domain.errors import TemporarilyUnavailable


@dataclass(frozen=True, slots=True)
class Check:
    """One finding of the readiness probe."""

    name: str
    finding: str
    passed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Looks at everything that must work before requests can be served.

    Attributes:
        redis: where failures are counted, unless it is in the database.
    """

    storage: Storage
    ring: KeyRing
    outbox: ReadOutboxState
    clock: Clock
    redis: FailureCounters | None = None

    async def __call__(self) -> Sequence[Check]:
        """Make every check, also after one has failed."""
        findings = {**await self.storage.findings(), "signing_key": self._signing_key()}
        checks = [Check(name, wrong or "ok", wrong is None) for name, wrong in findings.items()]
        # For people: what does not take a node out.
        told = {"outbox": await self._outbox(), "counters": await self._counters()}
        return [*checks, *(Check(name, finding, passed=True) for name, finding in told.items())]

    async def _counters(self) -> str:
        if self.redis is None:
            return "ok"
        try:
            await self.redis.find("readyz")
        except TemporarilyUnavailable:
            return "redis_away (the database counts failures, each process its requests)"
        return "ok (redis)"

    async def _outbox(self) -> str:
        try:
            state = await self.outbox()
        except TemporarilyUnavailable:
            return "unknown"
        if state.oldest_due is None:
            return "ok"
        return f"ok (oldest {max(0, int((self.clock.now() - state.oldest_due).total_seconds()))} s)"

    def _signing_key(self) -> str | None:
        return None if self.ring.can_sign else "none that signs"
