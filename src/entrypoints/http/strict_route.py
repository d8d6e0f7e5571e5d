"""Routes that read a body only in the one media type they take, and only strictly."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request, Response
from fastapi.params import Form
from fastapi.routing import APIRoute
from starlette.datastructures import FormData
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from hexkey.entrypoints.http.protection import SignedIn
from hexkey.entrypoints.http.refusals import MalformedRequest, UnsupportedMediaType
from hexkey.entrypoints.http.request_limits import Limited, kind_of, reads_credential
from hexkey.entrypoints.http.strict_json import parse_json

MAX_FORM_FIELDS = 50
MAX_FORM_FIELD_OCTETS = 8192

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class _ReadRequest(Request):
    """A request whose body was read already."""

    def __init__(self, scope: Scope, receive: Receive, body: Any) -> None:
        super().__init__(scope, receive)
        self._read = body

    async def body(self) -> bytes:
        return b"{}"  # only its not being empty matters: `json` has the value

    async def json(self) -> Any:
        return self._read

    async def form(self, **_: Any) -> FormData:  # type: ignore[override]  # no `async with` form
        return FormData(self._read)


class StrictRoute(APIRoute):
    """A route that refuses what FastAPI would be generous about (X2 to X5, CVE-2021-32677)."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        kind = kind_of(self)
        if kind is not None:
            self.app = Limited(self.app, kind, reads_credential(self))

    def get_route_handler(self) -> Handler:
        """The handler, behind the reader of the body where there is one to read."""
        handle = super().get_route_handler()
        if self.dependant.query_params:
            return _refusing_repetition(handle)
        if self.body_field is None:
            return _handler_of_caller_only(self) or handle
        is_form = isinstance(self.body_field.field_info, Form)
        media_type = "application/x-www-form-urlencoded" if is_form else "application/json"
        parse = _parse_form if is_form else parse_json

        async def read_strictly(request: Request) -> Response:
            _ensure_media_type(request, media_type)
            body = parse(await _octets(request))
            return await handle(_ReadRequest(request.scope, request.receive, body))

        return read_strictly


def _refusing_repetition(handle: Handler) -> Handler:
    """`handle`, where two readers of a query could take two values for one (ASVS 15.3.7)."""

    async def handle_once(request: Request) -> Response:
        _ensure_once(request.query_params.multi_items())
        return await handle(request)

    return handle_once


def _handler_of_caller_only(route: APIRoute) -> Handler | None:
    """A shorter way for a route that takes nothing but its caller, like `GET /users/me`.

    Every token check of an application goes through it; FastAPI's solver of dependencies would be
    a third of its cost, to find out each time that there is one.
    """
    needed = route.dependant
    parameters = [*needed.path_params, *needed.query_params, *needed.header_params]
    if parameters or needed.cookie_params or len(needed.dependencies) != 1:
        return None
    rule, name = needed.dependencies[0].call, needed.dependencies[0].name
    if not isinstance(rule, SignedIn) or name is None or needed.request_param_name is not None:
        return None

    async def handle_caller(request: Request) -> Response:
        response: Response = await route.endpoint(**{name: await rule(request)})
        return response

    return handle_caller


async def _octets(request: Request) -> bytes:
    try:
        return await request.body()
    except ClientDisconnect:  # nobody hears the answer, but it is not a defect of ours either
        raise MalformedRequest from None


def _ensure_media_type(request: Request, expected: str) -> None:
    given = request.headers.getlist("content-type")
    if len(given) != 1 or "content-encoding" in request.headers:
        raise UnsupportedMediaType
    media_type, _, parameters = given[0].partition(";")
    charset = parameters.strip().lower().replace('"', "")
    if media_type.strip().lower() != expected or charset not in ("", "charset=utf-8"):
        raise UnsupportedMediaType


def _parse_form(body: bytes) -> list[tuple[str, str]]:
    try:
        fields = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_FORM_FIELDS,
        )
    except ValueError:
        raise MalformedRequest from None
    _ensure_once(fields)
    if any(len(value.encode()) > MAX_FORM_FIELD_OCTETS for _, value in fields):
        raise MalformedRequest
    return fields


def _ensure_once(fields: Sequence[tuple[str, str]]) -> None:
    if len({name for name, _ in fields}) != len(fields):
        raise MalformedRequest
