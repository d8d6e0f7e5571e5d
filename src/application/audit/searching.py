"""Reading the audit trail: a page at a time, all of it, or what became of one request."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, fields
from typing import ClassVar

from hexkey.application.audit.recording import Audit
from hexkey.application.ports.audit import AuditArchive, AuditQuery
from hexkey.application.ports.paging import CursorSealer
from hexkey.application.ports.system import Clock
from hexkey.domain.audit.event import MAX_REQUEST_ID_LENGTH, AuditEvent, AuditType
from hexkey.domain.errors import HexkeyError
from hexkey.domain.identifiers import AuditEventId

_BATCH = 500
_MOST_OF_ONE_REQUEST = 100


class ExplanationNotFound(HexkeyError):
    """Nothing was written down about that request, or not yet, or not any more."""

    code: ClassVar[str] = "explanation_not_found"
    message: ClassVar[str] = "Nothing is known about that request; a refusal shows after a second."


@dataclass(frozen=True, slots=True)
class AuditPage:
    """One page of the trail.

    Attributes:
        next_cursor: opens the next page; `None` on the last one.
    """

    events: Sequence[AuditEvent]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchAuditTrail:
    """Find events, the latest first; who searched is written down as well."""

    archive: AuditArchive
    cursors: CursorSealer
    audit: Audit
    clock: Clock

    async def __call__(self, query: AuditQuery, *, cursor: str | None, limit: int) -> AuditPage:
        """Return the page after `cursor`, or the first.

        Raises:
            InvalidCursor: if `cursor` was not given out for this query.
        """
        listing = f"audit-events {_spelled(query)}"
        after = AuditEventId(self.cursors.open(cursor, listing=listing)) if cursor else None
        events = await self.archive.page(query, after=after, limit=limit + 1)
        shown = events[:limit]
        more = self.cursors.seal(shown[-1].id, listing=listing) if len(events) > limit else None
        await self._note(AuditType.AUDIT_READ, query, len(shown))
        return AuditPage(events=shown, next_cursor=more)

    async def every(
        self, query: AuditQuery, *, limit: int | None = None, exporting: bool = False
    ) -> AsyncIterator[AuditEvent]:
        """All events, the latest first; at most a batch is held.

        Args:
            exporting: it is written down as that, and before the first one is handed out: whoever
                stops in the middle has what they have. How many there were is not known by then.
        """
        after, shown = None, 0
        while limit is None or shown < limit:
            most = _BATCH if limit is None else min(_BATCH, limit - shown)
            events = await self.archive.page(query, after=after, limit=most)
            if exporting and after is None:
                await self._note(AuditType.AUDIT_EXPORTED, query)
            for event in events:
                yield event
            shown += len(events)
            if len(events) < most:
                break
            after = events[-1].id
        if not exporting:
            await self._note(AuditType.AUDIT_READ, query, shown)

    async def _note(self, kind: AuditType, query: AuditQuery, events: int | None = None) -> None:
        found = {} if events is None else {"events": str(events)}
        details = {"query": _spelled(query), **found}
        event = self.audit.event(kind, at=self.clock.now(), details=details)
        await self.archive.add([event])


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainRequest:
    """Tell an operator why a request was refused, of which the caller heard only the general."""

    archive: AuditArchive
    audit: Audit
    clock: Clock

    async def __call__(self, *, request_id: str) -> Sequence[AuditEvent]:
        """Return what was written down of it, in that order.

        Raises:
            ExplanationNotFound: if that is nothing; a refusal is written down within a second.
        """
        if len(request_id) > MAX_REQUEST_ID_LENGTH:
            raise ExplanationNotFound
        query = AuditQuery(request_id=request_id)
        events = await self.archive.page(query, after=None, limit=_MOST_OF_ONE_REQUEST)
        if not events:
            raise ExplanationNotFound
        details = {"of_request": request_id}
        looked = self.audit.event(AuditType.EXPLANATION_READ, at=self.clock.now(), details=details)
        await self.archive.add([looked])
        return sorted(events, key=lambda event: event.id)


def _spelled(query: AuditQuery) -> str:
    given = ((it.name, getattr(query, it.name)) for it in fields(query))
    return " ".join(f"{name}={value}" for name, value in given if value is not None)
