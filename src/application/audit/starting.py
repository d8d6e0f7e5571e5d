"""Writing down with which configuration a server began."""

from collections.abc import Mapping
from dataclasses import dataclass

from hexkey.application.audit.recording import Audit
from hexkey.application.audit.refusals import Refusals
from hexkey.application.ports.audit import AuditArchive
from hexkey.application.ports.system import Clock
from hexkey.domain.audit.event import AuditType
from hexkey.domain.errors import TemporarilyUnavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteStart:
    """Let the trail say what the rules were when something happened."""

    archive: AuditArchive
    waiting: Refusals
    audit: Audit
    clock: Clock

    async def __call__(self, *, settings: Mapping[str, str]) -> None:
        """Write `settings` down, from which every secret was taken.

        If nothing can be written now, it is done when something can: what only reads is served by
        a database that is read-only, too.
        """
        now = self.clock.now()
        event = self.audit.event(AuditType.SERVER_STARTED, at=now, details=settings)
        try:
            await self.archive.add([event])
        except TemporarilyUnavailable:
            self.waiting.later(event)
