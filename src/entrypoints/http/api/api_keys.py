"""Personal tokens: what one's own programs prove themselves with."""

from datetime import timedelta
from http import HTTPStatus

from fastapi import APIRouter, Response

from hexkey.domain.sessions.api_key import (
    ApiKeyNotFound,
    InvalidApiKey,
    ScopeNotAllowed,
    TooManyApiKeys,
)
from hexkey.domain.sessions.session import ReauthenticationRequired
from hexkey.entrypoints.http.access_dependencies import MakeKey, ReadKeys, RevokeKey
from hexkey.entrypoints.http.access_schemas import ApiKeyList, ApiKeyMade, NewApiKey, shown_key
from hexkey.entrypoints.http.dependencies import Caller, FreshCaller
from hexkey.entrypoints.http.documentation import BODY, STAYING, refuses
from hexkey.entrypoints.http.representations import json_response, no_content
from hexkey.entrypoints.http.strict_route import StrictRoute

router = APIRouter(prefix="/users/me", tags=["API keys"], route_class=StrictRoute)


@router.post(
    "/api-keys",
    status_code=HTTPStatus.CREATED,
    response_model=ApiKeyMade,
    responses=refuses(
        *BODY,
        *STAYING,
        ReauthenticationRequired,
        InvalidApiKey,
        ScopeNotAllowed,
        TooManyApiKeys,
    ),
)
async def make_my_key(body: NewApiKey, caller: FreshCaller, make: MakeKey) -> Response:
    """Make a token for a program of yours, which may do what `scopes` name and you may, too.

    It is shown this once, and ends with your password. Needs a proof of identity in the last five
    minutes.
    """
    made = await make(
        owner=caller.user.id,
        name=body.name,
        scopes=frozenset(body.scopes),
        lifetime=timedelta(seconds=body.expires_in),
    )
    return json_response({**shown_key(made.key), "secret": made.secret}, HTTPStatus.CREATED)


@router.get("/api-keys", response_model=ApiKeyList, responses=refuses(*STAYING))
async def list_my_keys(caller: Caller, keys: ReadKeys) -> Response:
    """See which programs may act for you, the latest first."""
    items = [shown_key(it.key, it.status) for it in await keys(owner=caller.user)]
    return json_response({"items": items, "next_cursor": None})


@router.delete(
    "/api-keys/{id}",
    status_code=HTTPStatus.NO_CONTENT,
    responses=refuses(*STAYING, ApiKeyNotFound),
)
async def revoke_my_key(id: str, caller: Caller, revoke: RevokeKey) -> Response:
    """Let a program act for you no longer, from its next request on."""
    await revoke(owner=caller.user.id, key=id)
    return no_content()
