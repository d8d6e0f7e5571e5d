"""Refusals as RFC 9457 problems: one table of statuses, one shape, nothing echoed."""

import json
import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from hexkey.application.accounts.registration import LoginNameRequired, RegistrationClosed
from hexkey.application.accounts.setup import InvalidSetupToken, SetupClosed
from hexkey.application.audit.searching import ExplanationNotFound
from hexkey.domain.access import Forbidden, InvalidRole, RoleBuiltIn, RoleInUse, RoleNotFound
from hexkey.domain.accounts.email import InvalidEmail
from hexkey.domain.accounts.one_time_token import InvalidOrExpiredToken
from hexkey.domain.accounts.password import HashingOverloaded, PasswordRejected
from hexkey.domain.accounts.profile import InvalidProfile
from hexkey.domain.accounts.user import (
    EmailTaken,
    ErasureOrdered,
    LastAdministrator,
    NoEmailAddress,
    UsernameTaken,
    UserNotFound,
)
from hexkey.domain.accounts.username import InvalidUsername
from hexkey.domain.authentication.credentials import InvalidCredentials
from hexkey.domain.authentication.throttle import TooManyAttempts
from hexkey.domain.errors import HexkeyError, TemporarilyUnavailable
from hexkey.domain.outbox import MessageNotFound
from hexkey.domain.paging import InvalidCursor
from hexkey.domain.sessions.access_token import InvalidToken
from hexkey.domain.sessions.api_key import (
    ApiKeyNotFound,
    InvalidApiKey,
    ScopeNotAllowed,
    TooManyApiKeys,
)
from hexkey.domain.sessions.refresh_token import (
    RefreshTokenRejected,
    RefreshTokenReused,
    TooManyRefreshes,
)
from hexkey.domain.sessions.session import ReauthenticationRequired, SessionNotFound
from hexkey.domain.webhooks import InvalidWebhook, WebhookNotFound
from hexkey.entrypoints.http import refusals

STATUS: dict[type[HexkeyError], HTTPStatus] = {
    refusals.MalformedRequest: HTTPStatus.BAD_REQUEST,
    refusals.HostNotAllowed: HTTPStatus.BAD_REQUEST,
    InvalidCursor: HTTPStatus.BAD_REQUEST,
    InvalidOrExpiredToken: HTTPStatus.BAD_REQUEST,
    refusals.NotAuthenticated: HTTPStatus.UNAUTHORIZED,
    InvalidCredentials: HTTPStatus.UNAUTHORIZED,
    InvalidToken: HTTPStatus.UNAUTHORIZED,
    RefreshTokenRejected: HTTPStatus.UNAUTHORIZED,
    RefreshTokenReused: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    ErasureOrdered: HTTPStatus.FORBIDDEN,
    refusals.AccountLeaving: HTTPStatus.FORBIDDEN,
    InvalidSetupToken: HTTPStatus.FORBIDDEN,
    refusals.ForeignRequest: HTTPStatus.FORBIDDEN,
    RegistrationClosed: HTTPStatus.FORBIDDEN,
    ReauthenticationRequired: HTTPStatus.FORBIDDEN,
    refusals.NothingHere: HTTPStatus.NOT_FOUND,
    UserNotFound: HTTPStatus.NOT_FOUND,
    SetupClosed: HTTPStatus.NOT_FOUND,
    ExplanationNotFound: HTTPStatus.NOT_FOUND,
    RoleNotFound: HTTPStatus.NOT_FOUND,
    ApiKeyNotFound: HTTPStatus.NOT_FOUND,
    SessionNotFound: HTTPStatus.NOT_FOUND,
    MessageNotFound: HTTPStatus.NOT_FOUND,
    WebhookNotFound: HTTPStatus.NOT_FOUND,
    refusals.MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    UsernameTaken: HTTPStatus.CONFLICT,
    EmailTaken: HTTPStatus.CONFLICT,
    LastAdministrator: HTTPStatus.CONFLICT,
    NoEmailAddress: HTTPStatus.CONFLICT,
    RoleBuiltIn: HTTPStatus.CONFLICT,
    RoleInUse: HTTPStatus.CONFLICT,
    TooManyApiKeys: HTTPStatus.CONFLICT,
    refusals.ContentTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    refusals.UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    refusals.InvalidRequest: HTTPStatus.UNPROCESSABLE_ENTITY,
    LoginNameRequired: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidEmail: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidUsername: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidProfile: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidApiKey: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidRole: HTTPStatus.UNPROCESSABLE_ENTITY,
    ScopeNotAllowed: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidWebhook: HTTPStatus.UNPROCESSABLE_ENTITY,
    PasswordRejected: HTTPStatus.UNPROCESSABLE_ENTITY,
    TooManyAttempts: HTTPStatus.TOO_MANY_REQUESTS,
    TooManyRefreshes: HTTPStatus.TOO_MANY_REQUESTS,
    refusals.TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    refusals.HeadersTooLarge: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    refusals.InternalError: HTTPStatus.INTERNAL_SERVER_ERROR,
    HashingOverloaded: HTTPStatus.SERVICE_UNAVAILABLE,
    TemporarilyUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}

# As RFC 9110 calls them; Python's own phrases change with its version.
_TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}

# Where in the body the value stands that a rule of the domain refuses: the first that is there.
_FIELDS: dict[type[HexkeyError], Sequence[str]] = {
    InvalidEmail: ("email",),
    InvalidUsername: ("username",),
    PasswordRejected: ("new_password", "password"),
}

_KNOWN_BY_STATUS: dict[int, type[HexkeyError]] = {
    404: refusals.NothingHere,
    405: refusals.MethodNotAllowed,
    413: refusals.ContentTooLarge,
}

# A field name may be shown; anything else in its place could be a secret in the wrong field.
REFUSAL = "hexkey.refusal"  # in the scope of a request: the error that it was answered with
_FIELD_NAME = re.compile(r"[a-z][a-z_]{0,39}")

Headers = Mapping[str, str]


def status_of(error: type[HexkeyError]) -> HTTPStatus:
    """The status for a refusal, or for the nearest kind of refusal it belongs to.

    Raises:
        KeyError: if nobody has decided that yet; a test sees to it that this cannot happen.
    """
    for kind in error.__mro__:
        if kind in STATUS:
            return STATUS[kind]
    raise KeyError(error)


def title_of(status: HTTPStatus) -> str:
    """What the status is called."""
    return _TITLES.get(status, status.phrase)


def problem(
    error: HexkeyError,
    *,
    request_id: str,
    challenges: Sequence[str] = (),
    fields: Collection[str] = (),
) -> Response:
    """The response for `error`.

    Args:
        challenges: the schemes to offer with a 401 when no bad token was sent.
        fields: what the body of this request may hold.
    """
    status = status_of(type(error))
    headers: dict[str, str] = {}
    retry_after = getattr(error, "retry_after", None)
    if retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(retry_after.total_seconds())))
    headers |= getattr(error, "headers", {})
    response = _response(error, status, request_id, _located(error, status, fields), headers)
    if status is HTTPStatus.UNAUTHORIZED:
        for challenge in _challenges(error, challenges):
            response.headers.append("WWW-Authenticate", challenge)
    return response


def _challenges(error: HexkeyError, offered: Sequence[str]) -> Iterable[str]:
    if isinstance(error, InvalidToken):  # RFC 6750 §3: says what is wrong with the token
        yield f'Bearer error="invalid_token", error_description="{error.message}"'
        yield from (scheme for scheme in offered if not scheme.startswith("Bearer"))
    else:
        yield from offered


def _located(
    error: HexkeyError, status: HTTPStatus, fields: Collection[str]
) -> Sequence[dict[str, Any]] | None:
    if status is not HTTPStatus.UNPROCESSABLE_ENTITY:
        return None
    names = next((names for kind, names in _FIELDS.items() if isinstance(error, kind)), ())
    place = ["body", *[name for name in names if name in fields][:1]]
    return [{"loc": place, "code": error.code, "message": error.message}]


def _response(
    error: HexkeyError,
    status: HTTPStatus,
    request_id: str,
    errors: Sequence[dict[str, Any]] | None,
    headers: Headers,
) -> Response:
    body = problem_members(error, request_id=request_id)
    if errors is not None:
        body["errors"] = errors
    content = json.dumps(body, ensure_ascii=True, separators=(",", ":")).encode()
    return Response(content, status.value, dict(headers), "application/problem+json")


def problem_members(error: HexkeyError | type[HexkeyError], *, request_id: str) -> dict[str, Any]:
    """The members of RFC 9457 §3.1, with `code` and `request_id` as extensions."""
    status = status_of(error if isinstance(error, type) else type(error))
    return {
        "type": "about:blank",
        "title": title_of(status),
        "status": status.value,
        "detail": error.message,
        "code": error.code,
        "request_id": request_id,
    }


def install(app: FastAPI, *, challenges: Sequence[str]) -> None:
    """Answer every refusal of `app` with a problem."""

    async def refused(request: Request, error: HexkeyError) -> Response:
        request.scope[REFUSAL] = error
        return problem(
            error,
            request_id=request_id_of(request.scope),
            challenges=challenges,
            fields=_fields_of(request.scope.get("route")),
        )

    async def invalid(request: Request, error: RequestValidationError) -> Response:
        refusal = refusals.InvalidRequest()
        errors = [_validation_error(e) for e in error.errors()]
        return _response(
            refusal, status_of(type(refusal)), request_id_of(request.scope), errors, {}
        )

    async def http(request: Request, error: HTTPException) -> Response:
        refusal = _KNOWN_BY_STATUS.get(error.status_code, refusals.MalformedRequest)()
        response = problem(refusal, request_id=request_id_of(request.scope))
        if isinstance(refusal, refusals.MethodNotAllowed):
            response.headers["Allow"] = ", ".join(_allowed(app, request))
        return response

    async def broken(request: Request, _: Exception) -> Response:
        return problem(refusals.InternalError(), request_id=request_id_of(request.scope))

    app.add_exception_handler(HexkeyError, refused)  # type: ignore[arg-type]  # narrower than Exception
    app.add_exception_handler(RequestValidationError, invalid)  # type: ignore[arg-type]  # likewise
    app.add_exception_handler(HTTPException, http)  # type: ignore[arg-type]  # likewise
    app.add_exception_handler(Exception, broken)


def _fields_of(route: object) -> Collection[str]:
    body = route.body_field if isinstance(route, APIRoute) else None
    return getattr(body.field_info.annotation, "model_fields", ()) if body else ()


def _allowed(app: FastAPI, request: Request) -> list[str]:
    """The methods of all routes of this path; Starlette names only the first one's."""
    methods: set[str] = set()
    for route in app.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            methods |= route.methods or set()
    return sorted(methods)


def request_id_of(scope: Mapping[str, Any]) -> str:
    """The id under which this request stands in the log."""
    return str(scope.get("hexkey.request_id", "-"))


def _validation_error(error: Mapping[str, Any]) -> dict[str, Any]:
    """What pydantic found, less everything that was sent (`input`, `ctx`, unknown names)."""
    place = [part if _may_be_shown(part) else "?" for part in error["loc"]]
    return {"loc": place, "code": error["type"], "message": error["msg"]}


def _may_be_shown(part: object) -> bool:
    return isinstance(part, int) or _FIELD_NAME.fullmatch(str(part)) is not None
