"""Swagger UI and the OpenAPI document, from the package's own files."""

import json
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request, Response

from hexkey.entrypoints.http.dependencies import Public
from hexkey.entrypoints.http.refusals import NothingHere

router = APIRouter(include_in_schema=False, dependencies=[Public])

_STATIC = Path(__file__).parent / "static"
_ASSETS = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "docs.js": "text/javascript",
}
# Swagger UI writes style attributes and draws its icons from data URLs.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@router.get("/docs")
async def read_docs() -> Response:
    """Show the API and let people try it."""
    page = _content("docs.html")
    return Response(page, headers={"Content-Security-Policy": _POLICY}, media_type="text/html")


@router.get("/docs/{asset}")
async def read_asset(asset: str) -> Response:
    """Serve one of the page's own files; the name decides, no path is made of it."""
    if asset not in _ASSETS:
        raise NothingHere
    caching = {"Cache-Control": "public, max-age=3600"}
    return Response(_content(asset), headers=caching, media_type=_ASSETS[asset])


@router.get("/openapi.json")
async def read_openapi(request: Request) -> Response:
    """Serve the document that describes the API."""
    document = request.app.openapi()
    prefix = request.scope.get("root_path")  # of the proxy, or of the application it is mounted in
    if prefix:
        document = {**document, "servers": [{"url": prefix}]}
    return Response(json.dumps(document, ensure_ascii=False), media_type="application/json")


@cache
def _content(name: str) -> bytes:
    return (_STATIC / name).read_bytes()
