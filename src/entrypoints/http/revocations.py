"""For services that verify tokens offline: whose are refused all the same."""

import re
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from hexkey.application.sessions.revocations import Reader
from hexkey.domain.authentication.networks import network_of
from hexkey.entrypoints.http.dependencies import Address, Public, PublishRevoked
from hexkey.entrypoints.http.documentation import Responses, refuses
from hexkey.entrypoints.http.refusals import InvalidRequest
from hexkey.entrypoints.http.strict_route import StrictRoute

LONGEST_WAIT = 30  # seconds
HANG_UP = "hexkey.hang_up"  # in a scope: what to call when the server does not want to wait

router = APIRouter(tags=["Operations"], route_class=StrictRoute, dependencies=[Public])

_ENTITY_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_ANSWERS: Responses = {
    200: {"content": {"application/jwt": {"schema": {"type": "string"}}}},
    304: {"description": "Nothing has changed"},
    **refuses(InvalidRequest),
}


@router.get("/.well-known/revocations", response_class=Response, responses=_ANSWERS)
async def read_revocations(
    request: Request,
    publish: PublishRevoked,
    address: Address,
    wait: Annotated[int, Query(ge=0, le=LONGEST_WAIT)] = 0,
    if_none_match: Annotated[str, Header()] = "",
) -> Response:
    """Read which sessions and users are refused before their tokens expire, as a signed JWS.

    With `If-None-Match`, the answer comes as soon as something changes, or is 304 after `wait`
    seconds; at once, when many wait already, or 20 of the same network.
    """
    reader = Reader(network_of(address))
    request.scope[HANG_UP] = reader.leave
    known = _ENTITY_TAG.findall(if_none_match)
    published = await publish(known=known, wait=timedelta(seconds=wait), reader=reader)
    headers = {"Cache-Control": "public, no-cache", "ETag": f'"{published.tag}"'}
    if published.tag in known:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(published.text, headers=headers, media_type="application/jwt")
