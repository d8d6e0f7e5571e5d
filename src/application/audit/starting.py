"""Writing down with which configuration a server began."""

from collections.abc import Mapping
from dataclasses import dataclass

from hexkey.application.audit.recording import Audit
from hexkey.application.ports.audit import AuditArchive
from hexkey.application.ports.system import Clock
from hexkey.domain.audit.event import AuditType


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteStart:
    """Let the trail say what the rules were when something happened."""

    archive: AuditArchive
    audit: Audit
    clock: Clock

    async def __call__(self, *, settings: Mapping[str, str]) -> None:
        """Write `settings` down, from which every secret was taken.

        Raises:
            TemporarilyUnavailable: if the store is away.
        """
        now = self.clock.now()
        event = self.audit.event(AuditType.SERVER_STARTED, at=now, details=settings)
        await self.archive.add([event])
