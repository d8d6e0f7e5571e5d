"""For whoever runs or integrates the service: keys, liveness, readiness."""

from datetime import timedelta
from http import HTTPStatus

from fastapi import APIRouter, Response

from hexkey.domain.keys import JWKS_MAX_AGE
from hexkey.entrypoints.http.dependencies import Public, Publish, Ready
from hexkey.entrypoints.http.documentation import refuses
from hexkey.entrypoints.http.representations import json_response
from hexkey.entrypoints.http.schemas import JwkSet
from hexkey.entrypoints.http.strict_route import StrictRoute

router = APIRouter(tags=["Operations"], route_class=StrictRoute, dependencies=[Public])

_SECOND = timedelta(seconds=1)
_TEXT = {"text/plain": {"schema": {"type": "string"}}}
_REFUSALS = refuses()
_NOT_READY = {**_REFUSALS[503], "content": {**_REFUSALS[503]["content"], **_TEXT}}


@router.get("/.well-known/jwks.json", response_model=JwkSet, responses=_REFUSALS)
async def read_public_keys(publish: Publish) -> Response:
    """Read the public keys by which anybody can verify access tokens (RFC 7517)."""
    caching = {"Cache-Control": f"public, max-age={JWKS_MAX_AGE // _SECOND}"}
    return json_response({"keys": list(await publish())}, headers=caching)


@router.get("/livez", response_class=Response, responses={200: {"content": _TEXT}, **_REFUSALS})
async def is_alive() -> Response:
    """Answer as long as the process does."""
    return Response("ok\n", media_type="text/plain")


@router.get(
    "/readyz",
    response_class=Response,
    responses={200: {"content": _TEXT}, **_REFUSALS, 503: _NOT_READY},
)
async def is_ready(readiness: Ready) -> Response:
    """Say whether requests can be served, one line a check."""
    checks = await readiness()
    lines = "".join(f"{check.name}: {check.finding}\n" for check in checks)
    if all(check.passed for check in checks):
        return Response(lines, media_type="text/plain")
    again = {"Retry-After": "5"}
    return Response(lines, HTTPStatus.SERVICE_UNAVAILABLE, again, media_type="text/plain")
