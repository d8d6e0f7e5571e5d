"""The audit trail, for administrators: searching it, and having a refusal explained."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import AwareDatetime

from hexkey.application.audit.searching import (
    ExplainRequest,
    ExplanationNotFound,
    SearchAuditTrail,
)
from hexkey.application.ports.audit import AuditQuery
from hexkey.domain.access import Forbidden, Permission
from hexkey.domain.audit.event import MAX_REQUEST_ID_LENGTH, Outcome
from hexkey.domain.paging import DEFAULT_PAGE, InvalidCursor
from hexkey.domain.sessions.access_token import Principal
from hexkey.entrypoints.http.access_dependencies import Cursor, Limit
from hexkey.entrypoints.http.audit_schemas import AuditList, Explanation, shown_event
from hexkey.entrypoints.http.dependencies import use
from hexkey.entrypoints.http.documentation import STAYING, refuses
from hexkey.entrypoints.http.protection import WithPermission
from hexkey.entrypoints.http.refusals import InvalidRequest, MalformedRequest
from hexkey.entrypoints.http.representations import json_response
from hexkey.entrypoints.http.strict_route import StrictRoute

router = APIRouter(prefix="/admin", tags=["Administration"], route_class=StrictRoute)

_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)

AuditReader = Annotated[Principal, Depends(WithPermission(Permission.AUDIT_READ))]
Search = Annotated[SearchAuditTrail, Depends(use(lambda c: c.search_audit_trail()))]
Explain = Annotated[ExplainRequest, Depends(use(lambda c: c.explain_request()))]
Word = Annotated[str | None, Query(max_length=64, pattern="^[!-~]+$")]
Since = Annotated[AwareDatetime | None, Query(description="The first instant, RFC 3339.")]
Until = Annotated[AwareDatetime | None, Query(description="The first instant that is not meant.")]
RequestId = Annotated[str, Path(max_length=MAX_REQUEST_ID_LENGTH, pattern="^[!-~]+$")]


@router.get(
    "/audit-events",
    response_model=AuditList,
    responses=refuses(*STAYING, Forbidden, InvalidCursor, InvalidRequest, MalformedRequest),
)
async def search_audit_events(
    _: AuditReader,
    search: Search,
    *,
    limit: Limit = DEFAULT_PAGE,
    cursor: Cursor = None,
    type: Word = None,
    actor: Word = None,
    subject: Word = None,
    outcome: Outcome | None = None,
    request_id: Word = None,
    since: Since = None,
    until: Until = None,
) -> Response:
    """Search the audit trail, the latest first. That it was searched is written down as well."""
    query = AuditQuery(
        type=type,
        actor=actor,
        subject=subject,
        outcome=outcome.value if outcome else None,
        request_id=request_id,
        since=_whole_milliseconds(since),
        until=_whole_milliseconds(until),
    )
    page = await search(query, cursor=cursor, limit=limit)
    items = [shown_event(event) for event in page.events]
    return json_response({"items": items, "next_cursor": page.next_cursor})


@router.get(
    "/explanations/{request_id}",
    response_model=Explanation,
    responses=refuses(*STAYING, Forbidden, ExplanationNotFound, InvalidRequest),
)
async def explain_request(_: AuditReader, explain: Explain, request_id: RequestId) -> Response:
    """See why a request was refused: what was checked, in which order, by which figures.

    The caller saw only the general answer. It takes a second until a refusal can be explained.
    """
    events = await explain(request_id=request_id)
    return json_response(
        {"request_id": request_id, "events": [shown_event(event) for event in events]}
    )


def _whole_milliseconds(at: datetime | None) -> datetime | None:
    """`at` as a store can compare it: in a year that every database knows."""
    within = at and min(max(at, _FIRST), _LAST)
    return within and within.replace(microsecond=within.microsecond // 1000 * 1000)
