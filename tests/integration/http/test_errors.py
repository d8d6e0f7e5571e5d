"""LG-05: what an error says, and what it must not."""

import logging
import re
from collections.abc import Iterator

import pytest
from dependency_injector import providers
from sqlalchemy.exc import IntegrityError

from hexkey.domain.errors import TemporarilyUnavailable
from tests.support.api import PASSWORD, Answer, Api

pytestmark = pytest.mark.anyio

MARK = "qzxmark"
JSON = {"Content-Type": "application/json"}
LEAKS = re.compile(
    r"traceback|file \"|line \d+|packages|/src/|\.py\b|select |insert |sqlalchemy|asyncpg|psycopg"
    r"|sqlite|pydantic|fastapi|starlette|uvicorn|python|0x[0-9a-f]{6}|qzxmark|exception|errno",
    re.IGNORECASE,
)
DEFECTS: list[BaseException] = [
    *(ValueError(MARK), KeyError(MARK), RuntimeError(MARK), TypeError(MARK), OSError(5, MARK)),
    *(AttributeError(MARK), AssertionError(MARK), RecursionError(MARK), MemoryError(MARK)),
    *(UnicodeError(MARK), TimeoutError(MARK), ZeroDivisionError(MARK), NotImplementedError(MARK)),
    IntegrityError(f"INSERT INTO users VALUES ('{MARK}')", {"p": MARK}, ValueError(MARK)),
    ExceptionGroup(MARK, [ValueError(MARK)]),
]
BODIES = [
    *(f'{{"{MARK} 1":1}}', f'{{"username":"{MARK}\\u0000","password":1}}', f'"{MARK}"', f"[{MARK}"),
    *(f'{{"login":["{MARK}"],"password":{{"x":"{MARK}"}}}}', f'{{"password":"{MARK}"}}'),
    *(f'{{"username":"{MARK}@{MARK}","email":"{MARK}"}}', f'{{"picture":"javascript:{MARK}"}}'),
]
BROKEN = [
    ("GET", "/users/x", "read_public_profile"),
    ("GET", "/.well-known/jwks.json", "publish_keys"),
]


def broken_by(error: BaseException) -> providers.Callable:
    def fail() -> None:
        raise error

    return providers.Callable(fail)


async def answers_to_defects(api: Api) -> list[Answer]:
    answers = []
    for method, path, use_case in BROKEN:
        for defect in DEFECTS:
            with getattr(api.container, use_case).override(broken_by(defect)):
                answers.append(await api.call(method, path))
    return answers


def without_id(answer: Answer) -> dict[str, object]:
    return {**answer.json(), "request_id": ""}


class TestDefect:
    async def test_lg_05_looks_like_every_other(self, api: Api) -> None:
        """LG-05, LG-07: thirty different ones, one answer."""
        answers = await answers_to_defects(api)

        assert {it.status_code for it in answers} == {500}
        assert all(without_id(it) == without_id(answers[0]) for it in answers)
        assert without_id(answers[0])["code"] == "internal_error"
        names = {tuple(sorted(it.headers)) for it in answers}
        assert len(names) == 1

    async def test_lg_05_stands_in_the_log_under_its_id(
        self, api: Api, caplog: pytest.LogCaptureFixture
    ) -> None:
        with api.container.read_public_profile.override(broken_by(ValueError("the reason"))):
            answer = await api.call("GET", "/users/x")

        (record,) = [it for it in caplog.records if it.name == "hexkey.http"]
        assert record.__dict__["request_id"] == answer.json()["request_id"]
        assert "the reason" in caplog.text

    async def test_lg_08_where_a_token_is_checked_lets_nobody_in(self, api: Api) -> None:
        """LG-08, P124."""
        caller = await api.administrator()
        for use_case in ("resolve_token",):
            with getattr(api.container, use_case).override(broken_by(RuntimeError())):
                for path in ("/users/me", "/admin/users"):
                    assert (await api.call("GET", path, headers=caller)).status_code == 500

    async def test_lg_05_of_a_dependency_says_when_to_come_back(self, api: Api) -> None:
        with api.container.read_public_profile.override(broken_by(TemporarilyUnavailable())):
            answer = await api.call("GET", "/users/x")

        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) >= 1


class TestError:
    async def test_lg_05_says_nothing_of_what_is_inside(self, api: Api) -> None:
        """LG-05, X1, P121: fifty forced errors and more."""
        caller = await api.somebody()
        answers = await answers_to_defects(api)
        for method, path in [("POST", "/users"), ("POST", "/sessions"), ("PATCH", "/users/me")]:
            for body in BODIES:
                how = {"content": body.encode(), "headers": {**JSON, **caller}}
                answers.append(await api.call(method, path, **how))
        for path in (f"/{MARK}", f"/users/{MARK}", f"/docs/{MARK}", f"/admin/users?cursor={MARK}"):
            answers.append(await api.call("GET", path, headers=caller))
        answers.append(
            await api.call("GET", "/users/me", headers={"Authorization": f"Bearer {MARK}"})
        )
        answers.append(await api.call("GET", "/livez", headers={"Host": f"{MARK}.example"}))
        answers.append(
            await api.call("POST", "/users", content=b"", headers={"Content-Type": MARK})
        )

        assert len(answers) >= 50
        for answer in answers:
            assert answer.status_code >= 400
            assert answer.headers["content-type"] == "application/problem+json"
            assert not LEAKS.search(answer.text), answer.text
            assert not any(MARK in value for value in answer.headers.values())

    async def test_has_the_members_of_rfc_9457(self, api: Api) -> None:
        members = {"type", "title", "status", "detail", "code", "request_id"}
        for answer, more in [
            (await api.call("GET", "/nothing"), set()),
            (await api.call("POST", "/sessions", json={}), {"errors"}),
        ]:
            assert set(answer.json()) == members | more
            assert answer.json()["type"] == "about:blank"
            assert answer.json()["status"] == answer.status_code
            assert isinstance(answer.json()["detail"], str)

    async def test_of_a_rule_names_the_field(self, api: Api) -> None:
        cases = [
            ({"username": "a@b", "password": PASSWORD}, "username", "invalid_username"),
            ({"email": "nothing", "password": PASSWORD}, "email", "invalid_email"),
            ({"username": "alice", "password": "x"}, "password", "password_too_short"),
            ({"username": "alice", "password": "x" * 300}, "password", "password_too_long"),
            ({"username": "alice", "password": "password123"}, "password", "password_common"),
        ]
        for body, field, code in cases:
            found = (await api.call("POST", "/users", json=body)).json()
            assert (found["code"], found["status"]) == (code, 422)
            assert found["errors"] == [
                {"loc": ["body", field], "code": code, "message": found["detail"]}
            ]

    async def test_of_a_new_password_names_its_field(self, api: Api) -> None:
        caller = await api.somebody()
        body = {"current_password": PASSWORD, "new_password": "short"}

        found = (await api.call("PUT", "/users/me/password", json=body, headers=caller)).json()

        assert found["errors"][0]["loc"] == ["body", "new_password"]


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.ERROR):
        yield
