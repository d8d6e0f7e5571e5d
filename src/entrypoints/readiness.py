"""Whether this instance can serve, and if not, what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass

from hexkey.application.ports.keys import KeyRing
from hexkey.application.ports.storage import Storage


@dataclass(frozen=True, slots=True)
class Check:
    """One finding of the readiness probe."""

    name: str
    finding: str
    passed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Looks at everything that must work before requests can be served."""

    storage: Storage
    ring: KeyRing

    async def __call__(self) -> Sequence[Check]:
        """Make every check, also after one has failed."""
        findings = {**await self.storage.findings(), "signing_key": self._signing_key()}
        return [Check(name, wrong or "ok", wrong is None) for name, wrong in findings.items()]

    def _signing_key(self) -> str | None:
        return None if self.ring.can_sign else "none that signs"
