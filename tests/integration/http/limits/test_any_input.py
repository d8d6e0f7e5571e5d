"""X2, X3, X7, IN-12: whatever comes in, what goes out is never a defect of ours (5xx)."""

import json
import string
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from fastapi.exceptions import RequestValidationError
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from hexkey.entrypoints.http.problems import install
from tests.support.api import Api, an_api
from tests.support.loops import Loop
from tests.support.strategies import any_text, text

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "X"]
PATHS = [
    *("/users", "/users/me", "/users/me/password", "/users/{id}", "/token", "/sessions", "/livez"),
    *("/readyz", "/admin/users", "/.well-known/jwks.json", "/docs", "/docs/{id}", "/openapi.json"),
    *("/", "/{id}", "/users/me/export", "/users/me/restore", "/account/done", "/account/{id}"),
]
PAGES = [
    *("verify-email", "disown-email", "reset-password", "change-email", "undo-email-change"),
    *("restore-account", "accept-invitation", "forgot-password", "ask-verification", "done"),
]
JSON_ENDPOINTS = [
    *(("POST", "/users"), ("POST", "/sessions"), ("PATCH", "/users/me")),
    ("PUT", "/users/me/password"),
    *(("POST", "/email-verifications"), ("POST", "/email-verifications/confirm")),
    *(("POST", "/password-resets"), ("POST", "/password-resets/confirm")),
    *(("POST", "/users/me/email"), ("POST", "/email-changes/confirm")),
    *(("POST", "/email-changes/undo"), ("POST", "/account-restorations/confirm")),
    *(("POST", "/email-verifications/disown"), ("POST", "/invitations/accept")),
]
MEMBERS = [
    *("username", "email", "password", "full_name", "picture", "login"),
    *("current_password", "new_password", "scope", "grant_type", "token", "code", "flow"),
]
MEDIA_TYPES = [
    *("application/json", "application/x-www-form-urlencoded", "text/plain", "", "*/*"),
    *("multipart/form-data; boundary=x", "application/json; charset=utf-8", "application/xml"),
]

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=12,
)
bodies = st.fixed_dictionaries({}, optional=dict.fromkeys(MEMBERS, values | text))
octets = st.binary(max_size=300) | any_text.map(lambda it: it.encode("utf-8", "surrogatepass"))
header_values = st.binary(max_size=200).filter(lambda it: b"\n" not in it and b"\r" not in it)
schemes = st.sampled_from([b"Bearer ", b"bearer ", b"Basic ", b"", b"Digest "])
headers = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *(
                    b"accept",
                    b"content-length",
                    b"content-encoding",
                    b"cookie",
                    b"origin",
                    b"range",
                ),
                *(b"x-forwarded-for", b"x-request-id", b"transfer-encoding", b"host", b"expect"),
            ]
        )
        | st.text(string.ascii_lowercase + "-", min_size=1, max_size=20).map(str.encode),
        header_values,
    ),
    max_size=5,
)
paths = st.sampled_from(PATHS).flatmap(
    lambda path: (
        any_text.map(lambda it: path.replace("{id}", quote(it, errors="surrogatepass")))
        if "{id}" in path
        else st.just(path)
    )
)


@pytest.fixture(scope="module")
def loop() -> Any:
    with Loop() as loop:
        yield loop


@pytest.fixture(scope="module")
def api(loop: Loop) -> Any:
    with loop.entered(an_api(http_basic=True, cors_origins="https://app.example")) as api:
        yield api


@pytest.fixture(scope="module")
def caller(loop: Loop, api: Api) -> dict[str, str]:
    headers = loop.run(api.administrator())
    api.clock.advance(minutes=6)  # or some request would begin to erase the account
    return headers


def send(loop: Loop, api: Api, method: str, path: str, **how: Any) -> httpx2.Response:
    """The answer, which is ours: never a 5xx, and a problem if it is a refusal."""
    answer = loop.run(raw(api, method, path, **how))
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400 and method != "HEAD":
        assert "x-request-id" in answer.headers
        # A refused preflight, or a page.
        if not answer.headers["content-type"].startswith(("text/plain", "text/html")):
            problem = json.loads(answer.content.decode("ascii"))
            assert problem["status"] == answer.status_code
            assert isinstance(problem["detail"], str)
    return answer


async def raw(
    api: Api, method: str, path: str, *, headers: Any = (), body: bytes = b"", query: bytes = b""
) -> httpx2.Response:
    """By ASGI itself, so that no client library corrects what is sent."""
    plain = path.encode("utf-8", "surrogatepass")
    given = [(b"host", b"testserver"), *headers]
    scope = {
        "type": "http", "http_version": "1.1", "method": method, "scheme": "http",
        "path": unquoted(path), "raw_path": plain, "query_string": query, "root_path": "",
        "headers": given, "client": ("127.0.0.1", 1), "server": ("testserver", 80), "state": {},
    }  # fmt: skip
    messages = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop() if messages else {"type": "http.disconnect"}

    async def keep(message: Any) -> None:
        sent.append(message)

    await api.app(scope, receive, keep)
    content = b"".join(it.get("body", b"") for it in sent[1:])
    return httpx2.Response(sent[0]["status"], headers=sent[0]["headers"], content=content)


def unquoted(path: str) -> str:
    """As uvicorn does it."""
    from urllib.parse import unquote

    return unquote(path)


@pytest.mark.lengthy
class TestAnyInput:
    @settings(max_examples=800)
    @given(
        method=st.sampled_from(METHODS),
        path=paths,
        media_type=st.sampled_from(MEDIA_TYPES),
        body=octets,
        query=octets,
        more=headers,
    )
    def test_of_bytes_is_no_5xx(
        self, loop: Loop, api: Api, caller: Any, method: str, path: str, media_type: str,
        body: bytes, query: bytes, more: Any,
    ) -> None:  # fmt: skip
        own = [(b"content-type", media_type.encode()), (b"authorization", token(caller))]

        send(loop, api, method, path, headers=[*own, *more], body=body, query=query)

    @settings(max_examples=800)
    @given(endpoint=st.sampled_from(JSON_ENDPOINTS), body=bodies | values)
    def test_of_json_is_no_5xx(
        self, loop: Loop, api: Api, caller: Any, endpoint: tuple[str, str], body: Any
    ) -> None:
        own = [(b"content-type", b"application/json"), (b"authorization", token(caller))]

        send(loop, api, *endpoint, headers=own, body=json.dumps(body).encode())

    @settings(max_examples=300)
    @given(fields=st.lists(st.tuples(st.sampled_from(MEMBERS) | text, text), max_size=6))
    def test_of_forms_is_no_5xx(self, loop: Loop, api: Api, fields: list[tuple[str, str]]) -> None:
        form = "&".join(
            f"{quote(name, errors='surrogatepass')}={quote(value, errors='surrogatepass')}"
            for name, value in fields
        )
        own = [(b"content-type", b"application/x-www-form-urlencoded")]

        send(loop, api, "POST", "/token", headers=own, body=form.encode())

    @settings(max_examples=400)
    @given(
        page=st.sampled_from(PAGES),
        method=st.sampled_from(["GET", "POST"]),
        fields=st.lists(st.tuples(st.sampled_from(MEMBERS), any_text), max_size=6),
        query=octets,
        accepted=header_values,
    )
    def test_of_pages_is_no_5xx(
        self, loop: Loop, api: Api, page: str, method: str, fields: list[tuple[str, str]],
        query: bytes, accepted: bytes,
    ) -> None:  # fmt: skip
        form = "&".join(f"{name}={quote(value, errors='surrogatepass')}" for name, value in fields)
        own = [
            (b"content-type", b"application/x-www-form-urlencoded"),
            (b"sec-fetch-site", b"same-origin"),
            (b"accept-language", accepted),
        ]
        query = b"token=" + query if page != "done" else b"what=" + query

        send(loop, api, method, f"/account/{page}", headers=own, body=form.encode(), query=query)

    @settings(max_examples=400)
    @given(
        scheme=schemes,
        credential=header_values | text.map(lambda it: it.encode("utf-8", "replace")),
    )
    def test_of_credentials_is_a_401(
        self, loop: Loop, api: Api, scheme: bytes, credential: bytes
    ) -> None:
        """P124."""
        own = [(b"authorization", scheme + credential)]

        answer = send(loop, api, "GET", "/users/me", headers=own)

        assert answer.status_code in {401, 429}

    @settings(max_examples=200)
    @given(id=any_text, cursor=octets)
    def test_of_ids_and_cursors_is_no_5xx(
        self, loop: Loop, api: Api, caller: Any, id: str, cursor: bytes
    ) -> None:
        own = [(b"authorization", token(caller))]

        send(loop, api, "GET", f"/users/{quote(id, safe='', errors='surrogatepass')}")
        send(loop, api, "GET", "/admin/users", headers=own, query=b"cursor=" + cursor)

    @pytest.mark.parametrize(
        "length", [b"9" * 5000, b"-1", b"", b"\xb2", b"1" * 20, b"0x1", b"1 1"]
    )
    def test_of_lengths_is_no_5xx(self, loop: Loop, api: Api, length: bytes) -> None:
        own = [(b"content-type", b"application/json"), (b"content-length", length)]

        send(loop, api, "POST", "/sessions", headers=own, body=b"{}")


class TestProblemHandler:
    @pytest.mark.lengthy
    @settings(max_examples=500)
    @given(
        errors=st.lists(
            st.fixed_dictionaries(
                {
                    "type": text,
                    "loc": st.lists(st.integers() | text, max_size=4).map(tuple),
                    "msg": text,
                    "input": values,
                    "ctx": st.dictionaries(text, values, max_size=2),
                }
            ),
            max_size=3,
        )
    )
    def test_answers_whatever_pydantic_finds(self, loop: Loop, errors: list[Any]) -> None:
        """X1, X2."""
        scope = {"type": "http", "headers": [], "hexkey.request_id": "1"}
        handler = _HANDLERS[RequestValidationError]

        answer = loop.run(handler(Request(scope), RequestValidationError(errors)))

        found = json.loads(bytes(answer.body).decode("ascii"))
        assert answer.status_code == found["status"] == 422
        assert all(set(it) == {"loc", "code", "message"} for it in found["errors"])


class _Handlers:
    def __init__(self) -> None:
        self.by_error: dict[Any, Any] = {}
        install(self, challenges=())  # type: ignore[arg-type]  # the part of FastAPI that is used

    def add_exception_handler(self, error: Any, handler: Any) -> None:
        self.by_error[error] = handler


_HANDLERS = _Handlers().by_error


def token(caller: dict[str, str]) -> bytes:
    return caller["Authorization"].encode()
