"""The list of users, for administrators."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from hexkey.domain.paging import DEFAULT_PAGE, MAX_PAGE, InvalidCursor
from hexkey.entrypoints.http.dependencies import Administrator, List
from hexkey.entrypoints.http.documentation import CREDENTIAL, refuses
from hexkey.entrypoints.http.refusals import Forbidden, InvalidRequest
from hexkey.entrypoints.http.representations import json_response, private
from hexkey.entrypoints.http.schemas import UserList
from hexkey.entrypoints.http.strict_route import StrictRoute

router = APIRouter(prefix="/admin", tags=["Administration"], route_class=StrictRoute)

Limit = Annotated[int, Query(ge=1, le=MAX_PAGE)]
Cursor = Annotated[str | None, Query(max_length=1024)]


@router.get(
    "/users",
    response_model=UserList,
    responses=refuses(*CREDENTIAL, Forbidden, InvalidCursor, InvalidRequest),
)
async def list_users(
    _: Administrator, page: List, limit: Limit = DEFAULT_PAGE, cursor: Cursor = None
) -> Response:
    """List all users, oldest first."""
    listed = await page(cursor=cursor, limit=limit)
    items = [private(user) for user in listed.users]
    return json_response({"items": items, "next_cursor": listed.next_cursor})
