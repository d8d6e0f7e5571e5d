"""The list of users, for administrators."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from hexkey.domain.paging import DEFAULT_PAGE, MAX_PAGE, InvalidCursor
from hexkey.entrypoints.http.dependencies import Administrator, List
from hexkey.entrypoints.http.documentation import STAYING, refuses
from hexkey.entrypoints.http.refusals import Forbidden, InvalidRequest, MalformedRequest
from hexkey.entrypoints.http.representations import json_response, private
from hexkey.entrypoints.http.schemas import UserList
from hexkey.entrypoints.http.strict_route import StrictRoute


def _digits(value: object) -> object:
    """Pydantic would take `1.0` and ` 1` for 1."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit()):
        raise PydanticCustomError("int_parsing", "Input should be a whole number in digits")
    return value


router = APIRouter(prefix="/admin", tags=["Administration"], route_class=StrictRoute)

Limit = Annotated[int, BeforeValidator(_digits), Query(ge=1, le=MAX_PAGE)]
Cursor = Annotated[str | None, Query(max_length=1024)]


@router.get(
    "/users",
    response_model=UserList,
    responses=refuses(*STAYING, Forbidden, InvalidCursor, InvalidRequest, MalformedRequest),
)
async def list_users(
    _: Administrator, page: List, limit: Limit = DEFAULT_PAGE, cursor: Cursor = None
) -> Response:
    """List all users, oldest first."""
    listed = await page(cursor=cursor, limit=limit)
    items = [private(user) for user in listed.users]
    return json_response({"items": items, "next_cursor": listed.next_cursor})
