"""The OpenAPI document: every refusal with its code, and both ways to authenticate."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from hexkey.domain.accounts.password import (
    HashingOverloaded,
    PasswordBreached,
    PasswordCommon,
    PasswordInvalid,
    PasswordTooLong,
    PasswordTooShort,
)
from hexkey.domain.authentication.credentials import InvalidCredentials
from hexkey.domain.authentication.throttle import TooManyAttempts
from hexkey.domain.errors import HexkeyError, TemporarilyUnavailable
from hexkey.domain.sessions.access_token import InvalidToken, TokenExpired
from hexkey.entrypoints.http.problems import problem_members, status_of, title_of
from hexkey.entrypoints.http.refusals import (
    AccountLeaving,
    ContentTooLarge,
    HeadersTooLarge,
    HostNotAllowed,
    InternalError,
    InvalidRequest,
    MalformedRequest,
    NotAuthenticated,
    TooManyRequests,
    UnsupportedMediaType,
)
from hexkey.entrypoints.http.request_limits import NEVER_LIMITED
from hexkey.entrypoints.http.schemas import Problem

BODY = (MalformedRequest, UnsupportedMediaType, InvalidRequest)
CREDENTIAL = (NotAuthenticated, InvalidToken, TokenExpired)
STAYING = (*CREDENTIAL, AccountLeaving)  # of routes that are not for whoever is about to be erased
NEW_PASSWORD = (
    PasswordTooShort,
    PasswordTooLong,
    PasswordCommon,
    PasswordInvalid,
    PasswordBreached,
    HashingOverloaded,
)
_WITH_BASIC = (InvalidCredentials, TooManyAttempts, HashingOverloaded)
_ALWAYS = (
    HostNotAllowed,
    ContentTooLarge,
    HeadersTooLarge,
    InternalError,
    TemporarilyUnavailable,
)

Responses = dict[int | str, dict[str, Any]]


def refuses(*errors: type[HexkeyError]) -> Responses:
    """What a route may answer instead of what it was asked for, by status."""
    responses: Responses = {}
    possible: tuple[type[HexkeyError], ...] = (*errors, *_ALWAYS)
    for error in possible:
        responses.setdefault(status_of(error).value, _refusal(error))
        content = responses[status_of(error).value]["content"]["application/problem+json"]
        content["examples"][error.code] = {"value": _example(error)}
    for response in responses.values():
        examples = response["content"]["application/problem+json"]["examples"]
        response["content"]["application/problem+json"]["examples"] = dict(sorted(examples.items()))
    return dict(sorted(responses.items(), key=lambda item: str(item[0])))


def _refusal(error: type[HexkeyError]) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": title_of(status_of(error)),
        "content": {"application/problem+json": {"schema": schema, "examples": {}}},
    }


def _example(error: type[HexkeyError]) -> dict[str, Any]:
    example = problem_members(error, request_id="0198c0de-0000-7000-8000-00000000000f")
    if example["status"] == HTTPStatus.UNPROCESSABLE_ENTITY:
        example["errors"] = [{"loc": ["body"], "code": error.code, "message": error.message}]
    return example


def document(app: FastAPI, *, http_basic: bool) -> Callable[[], dict[str, Any]]:
    """What serves as `app.openapi`: the document, made once."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title,
                version=app.version,
                summary=app.summary,
                description=app.description,
                routes=app.routes,
            )
            app.openapi_schema = _completed(schema, http_basic=http_basic)
        return app.openapi_schema

    return openapi


def _completed(schema: dict[str, Any], *, http_basic: bool) -> dict[str, Any]:
    components = schema["components"]
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components["schemas"] |= problem.pop("$defs")
    components["schemas"]["Problem"] = problem
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    components["schemas"] = dict(sorted(components["schemas"].items()))
    for operation in _operations(schema):
        _without_default_refusal(operation["responses"])
        if NEVER_LIMITED not in operation["tags"]:
            _add_refusals(operation["responses"], refuses(TooManyRequests))
    if http_basic:
        components["securitySchemes"]["Basic"] = {"type": "http", "scheme": "basic"}
        for operation in _operations(schema):
            if "security" in operation:
                operation["security"].append({"Basic": []})
                _add_refusals(operation["responses"], refuses(*_WITH_BASIC))
    return schema


def _without_default_refusal(responses: dict[str, Any]) -> None:
    """Take away the 422 that FastAPI documents for every parameter: ours say when they refuse."""
    if "application/json" in responses.get("422", {}).get("content", {}):
        del responses["422"]


def _add_refusals(responses: dict[str, Any], more: Responses) -> None:
    for status, response in more.items():
        known = responses.setdefault(str(status), response)["content"]
        known["application/problem+json"]["examples"] |= response["content"][
            "application/problem+json"
        ]["examples"]


def _operations(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for path in schema["paths"].values() for operation in path.values()]
