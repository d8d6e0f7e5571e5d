"""The OpenAPI document: pinned, complete, and true."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, create_model

from hexkey.entrypoints.http import access_schemas, export_document, recovery_schemas, schemas
from hexkey.entrypoints.http.app import create_app
from hexkey.entrypoints.http.problems import STATUS
from hexkey.entrypoints.http.representations import private, public
from tests.support.api import PASSWORD, Answer, Api, Headers, an_api, settings
from tests.support.builders import a_user
from tools.pin_openapi import REFERENCE, errors, errors_page, openapi_document

pytestmark = pytest.mark.anyio

DOCUMENT: dict[str, Any] = json.loads(openapi_document())
OF_OPERATORS = {
    *("message_not_found", "webhook_not_found", "invalid_webhook"),
    *("role_built_in", "role_in_use"),
}
MODELS: dict[str, Any] = {
    **vars(schemas),
    **vars(recovery_schemas),
    **vars(export_document),
    **vars(access_schemas),
}


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def codes(operation: dict[str, Any], status: int) -> set[str]:
    """What a refusal with this status may say."""
    content = operation["responses"].get(str(status), {}).get("content", {})
    return set(content.get("application/problem+json", {"examples": {}})["examples"])


class TestPages:
    def test_are_pinned(self) -> None:
        """A change is reviewed: `make openapi` writes it."""
        assert (REFERENCE / "openapi.json").read_text() == openapi_document()

    def test_of_errors_are_current(self) -> None:
        assert (REFERENCE / "errors.md").read_text() == errors_page()

    def test_do_not_depend_on_the_version_of_python(self) -> None:
        """Python 3.13 has renamed two statuses."""
        text = openapi_document()

        assert '"title": "Content Too Large"' in text
        assert "Unprocessable Entity" not in text
        assert "Request Entity" not in text

    def test_of_errors_name_every_code_that_has_a_status(self) -> None:
        page = errors_page()
        for error in STATUS:
            if hasattr(error, "code"):
                assert f"`{error.code}`" in page
        assert all(it.message.isprintable() for it in errors())


class TestDocument:
    def test_refers_to_nothing_that_is_not_there(self) -> None:
        text = json.dumps(DOCUMENT)
        for reference in {part.split('"')[0] for part in text.split('"$ref": "')[1:]}:
            found: Any = DOCUMENT
            for name in reference.removeprefix("#/").split("/"):
                found = found[name]

    def test_of_every_operation_says_what_it_does_and_shows_it(self) -> None:
        for method, path, operation in operations(DOCUMENT):
            assert operation["summary"], path
            assert operation["description"], path
            assert operation["tags"], path
            for media in operation.get("requestBody", {}).get("content", {}).values():
                name = media["schema"]["$ref"].rpartition("/")[2]
                schema = DOCUMENT["components"]["schemas"][name]
                shown = "examples" in schema or "x-www-form" in str(operation["requestBody"])
                assert shown, (method, path)

    def test_has_examples_that_fit_their_schemas(self) -> None:
        for name, schema in DOCUMENT["components"]["schemas"].items():
            model = MODELS.get(name)
            for example in schema.get("examples", []):
                assert isinstance(model, type)
                assert issubclass(model, BaseModel)
                model.model_validate(example)
        for _, _, operation in operations(DOCUMENT):
            for response in operation["responses"].values():
                problem = response.get("content", {}).get("application/problem+json", {})
                for example in problem.get("examples", {}).values():
                    schemas.Problem.model_validate(example["value"])

    def test_shows_every_code_somewhere(self) -> None:
        """Except those that belong to no route."""
        shown = {
            code
            for _, _, operation in operations(create_app(settings(http_basic=True)).openapi())
            for status in operation["responses"]
            for code in codes(operation, int(status))
        }
        every = {it.code for it in errors()}

        assert every - shown == {"method_not_allowed", "foreign_request", *OF_OPERATORS}

    def test_names_both_ways_to_authenticate(self) -> None:
        plain, both = DOCUMENT, create_app(settings(http_basic=True)).openapi()

        flow = plain["components"]["securitySchemes"]["Hexkey"]["flows"]["password"]
        assert flow["tokenUrl"] == "token"
        assert "Basic" not in plain["components"]["securitySchemes"]
        assert both["components"]["securitySchemes"]["Basic"]["scheme"] == "basic"
        for _, path, operation in operations(both):
            if "security" in operation:
                assert {"Basic": []} in operation["security"]
                assert "invalid_credentials" in codes(operation, 401), path
                assert "too_many_attempts" in codes(operation, 429), path


class TestAnswers:
    @pytest.fixture
    async def api(self) -> AsyncIterator[Api]:
        async with an_api(http_basic=True) as api:
            yield api

    @pytest.mark.lengthy
    async def test_are_as_documented(self, api: Api) -> None:
        """Every status, code, media type and shape that anything here can provoke."""
        document = api.app.openapi()
        by_route = {(method, path): it for method, path, it in operations(document)}
        seen = 0
        async for method, path, answer in everything(api):
            operation = by_route[method, path]
            response = operation["responses"].get(str(answer.status_code))
            assert response is not None, (method, path, answer.text)
            media_type = answer.headers.get("content-type", "").split(";")[0]
            assert media_type in response.get("content", {"": {}}), (method, path)
            if media_type == "application/problem+json":
                assert answer.json()["code"] in codes(operation, answer.status_code), answer.text
                conforms(answer.json(), schemas.Problem)
            elif media_type == "application/json":
                schema = response["content"][media_type]["schema"]["$ref"].rpartition("/")[2]
                conforms(answer.json(), MODELS[schema])
            seen += 1
        assert seen > 150

    @pytest.mark.parametrize(
        "shape", [(private, schemas.UserPrivate), (public, schemas.UserPublic)]
    )
    def test_of_users_have_the_members_of_their_schema(self, shape: Any) -> None:
        write, model = shape
        user = a_user(email="a@example.com")

        written = write(user)

        assert list(written) == list(model.model_fields)
        conforms(written, model)


def conforms(content: object, model: type[BaseModel]) -> None:
    """Exactly these members, of exactly these types, as JSON has them."""
    exact = create_model(model.__name__, __base__=model)
    exact.model_config["extra"] = "forbid"
    exact.model_rebuild(force=True)
    TypeAdapter(exact).validate_json(json.dumps(content), strict=True)


def bodies() -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Acceptable and unacceptable JSON, by operation."""
    account = {"username": "carol", "email": "c@example.com", "password": PASSWORD}
    return {
        ("POST", "/users"): [
            *({**account, "username": it} for it in ("bob", "admin", "a b", "", "x" * 90, 1)),
            *({**account, "email": it} for it in ("bob@example.com", "x", "", "a@b", None)),
            *({**account, "password": it} for it in ("x", "password1", "x" * 300, "\u0378" * 9, 1)),
            *({**account, "full_name": it} for it in ("x" * 300, "\u202e", "Carol")),
            *({"password": PASSWORD}, {}, {"x": 1}, account),
        ],
        ("POST", "/sessions"): [
            *({"login": "alice", "password": it} for it in (PASSWORD, "wrong", "", 1, None)),
            *({}, {"login": 1}),
        ],
        ("PATCH", "/users/me"): [
            *({"username": it} for it in ("bob", "admin", "", None, "alice")),
            *({"picture": it} for it in ("x", "https://a.example/b.png", None, 1)),
            *({"full_name": it} for it in ("x" * 300, "A", None)),
            {"role": "admin"},
        ],
        ("PUT", "/users/me/password"): [
            {"current_password": it, "new_password": new}
            for it in ("wrong", PASSWORD)
            for new in ("x", "password1", "x" * 300, "another long walk")
        ],
    }


LAST = ("DELETE", "/users/me")  # whoever is leaving is refused elsewhere
Asked = AsyncIterator[tuple[str, str, Answer]]


async def everything(api: Api) -> Asked:
    """Good and bad requests to every documented route."""
    callers = [{}, await api.somebody("alice"), await api.administrator()]
    bob = await api.register("bob", email="bob@example.com")
    by_leaving = sorted(operations(api.app.openapi()), key=lambda it: it[:2] == LAST)
    for method, path, _ in by_leaving:
        url = path.replace("{id}", bob["id"])
        for headers in (*callers, {"Authorization": "Bearer x"}):
            async for answer in as_somebody(api, method, path, url, headers):
                yield method, path, answer
        async for answer in with_basic(api, method, path, url):
            yield method, path, answer
    async for it in particular(api, callers[-1]):
        yield it


async def as_somebody(
    api: Api, method: str, path: str, url: str, headers: Headers
) -> AsyncIterator[Answer]:
    yield await api.call(method, url, headers=headers)
    for body in BODIES.get((method, path), []):
        yield await api.call(method, url, headers=headers, json=body)
        api.clock.advance(seconds=0.1)
    for how in STRANGE:
        merged = {**how, "headers": {**headers, **how.get("headers", {})}}
        yield await api.call(method, url, **merged)


async def with_basic(api: Api, method: str, path: str, url: str) -> AsyncIterator[Answer]:
    """Right, wrong, and while everybody signs in."""
    yield await api.call(method, url, auth=("alice", "wrong"))
    yield await api.call(method, url, auth=("bob", PASSWORD))
    api.hasher.room = 0
    yield await api.call(method, url, auth=("bob", PASSWORD))
    for body in BODIES.get((method, path), []):
        yield await api.call(method, url, json=body)
    api.hasher.room = None


async def particular(api: Api, admin: Headers) -> Asked:
    path = "/admin/users"
    for query in ("limit=0", "limit=x", "limit=2", "cursor=x", "cursor=", "limit=1&limit=1"):
        yield "GET", path, await api.call("GET", f"{path}?{query}", headers=admin)
    for data in ({"username": "bob", "password": PASSWORD}, {"username": "bob"}, {}):
        yield "POST", "/token", await api.call("POST", "/token", data=data)
    yield "GET", "/users/{id}", await api.call("GET", "/users/nobody")


ACCOUNT = {"username": "carol", "email": "c@example.com", "password": PASSWORD}
BODIES: dict[tuple[str, str], list[dict[str, Any]]] = {
    ("POST", "/users"): [
        *({**ACCOUNT, "username": it} for it in ("bob", "admin", "a b", "", "x" * 90, 1)),
        *({**ACCOUNT, "email": it} for it in ("bob@example.com", "x", "", "a@b", None)),
        *({**ACCOUNT, "password": it} for it in ("x", "password1", "x" * 300, "\u0378" * 9, 1)),
        *({**ACCOUNT, "full_name": it} for it in ("x" * 300, "\u202e", "Carol")),
        *({"password": PASSWORD}, {}, {"x": 1}, ACCOUNT),
    ],
    ("POST", "/sessions"): [
        *({"login": "alice", "password": it} for it in (PASSWORD, "wrong", "", 1, None)),
        *({}, {"login": 1}),
    ],
    ("PATCH", "/users/me"): [
        *({"username": it} for it in ("bob", "admin", "", None, "alice")),
        *({"picture": it} for it in ("x", "https://a.example/b.png", None, 1)),
        *({"full_name": it} for it in ("x" * 300, "A", None)),
        {"role": "admin"},
    ],
    ("PUT", "/users/me/password"): [
        {"current_password": it, "new_password": new}
        for it in ("wrong", PASSWORD)
        for new in ("x", "password1", "x" * 300, "another long walk")
    ],
}
PROOFS: list[dict[str, Any]] = [
    *({"token": it} for it in ("x", "hxk_ot_x", "x" * 300, 1, None)),
    *({"email": "a@b.example", "code": it} for it in ("123456", "", "x" * 5000, 1)),
    {},
]
BODIES |= {
    ("POST", "/users/me/email"): [
        *({"email": it} for it in ("new@example.com", "bob@example.com", "x", 1)),
        {},
    ],
    ("POST", "/email-verifications"): [{"email": "bob@example.com"}, {"email": "x"}, {}],
    ("POST", "/password-resets"): [{"email": "bob@example.com"}, {"email": "x"}, {}],
    ("POST", "/password-resets/confirm"): [{**it, "new_password": PASSWORD} for it in PROOFS],
    ("POST", "/invitations/accept"): [{**it, "password": PASSWORD} for it in PROOFS],
    **{
        ("POST", path): PROOFS
        for path in (
            *("/email-verifications/confirm", "/email-verifications/disown"),
            *("/email-changes/confirm", "/email-changes/undo", "/account-restorations/confirm"),
        )
    },
}
STRANGE: list[dict[str, Any]] = [
    {"headers": {"Host": "evil.example"}},
    {"headers": {"X": "x" * 17_000}},
    {"content": b"x" * 70_000},
    {"content": b"{", "headers": {"Content-Type": "application/json"}},
    {"content": b"{}", "headers": {"Content-Type": "text/plain"}},
]
