"""IN-12: what injects into other languages is text to us, in every parameter that there is."""

import time
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.api import PASSWORD, Api, an_api

pytestmark = pytest.mark.anyio

INJECTIONS = [
    *(
        "' OR '1'='1",
        "admin'--",
        "'; DROP TABLE users; --",
        "1 UNION SELECT * FROM users",
        "\\' OR 1=1#",
    ),
    *(
        "1; SELECT pg_sleep(5)--",
        "' || (SELECT randomblob(1000000000)) || '",
        "%",
        "_",
        "%' ESCAPE '",
    ),
    *('{"$gt": ""}', "[$ne]=1", "'; return true; var x='", "*)(uid=*))(|(uid=*", "*", "\\2a"),
    *(
        "{{7*7}}",
        "${7*7}",
        "<%= 7*7 %>",
        "#{7*7}",
        "{{config}}",
        "{0.__class__}",
        "%(secret)s",
        "%s%n%x",
    ),
    *(
        "; sleep 5",
        "| id",
        "`id`",
        "$(sleep 5)",
        "&& ping -c 9 127.0.0.1",
        "\n/bin/sh",
        "../../etc/passwd",
    ),
    *(
        "<script>alert(1)</script>",
        "javascript:alert(1)",
        "<!ENTITY x SYSTEM 'file:///etc/passwd'>",
    ),
    *(
        "a\r\nSet-Cookie: x=y",
        "a\r\nBcc: b@example.com",
        "=cmd|' /C calc'!A0",
        "(a+)+$",
        "a" * 3000,
    ),
]
SLOWEST = 4.0  # seconds; those that wait would wait for 5, and a busy machine hashes for one


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in {"get", "post", "put", "patch", "delete"}:
                yield method.upper(), path, operation


def resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        found: dict[str, Any] = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return found
    return schema


def bodies(
    document: dict[str, Any], operation: dict[str, Any], text: str
) -> Iterator[dict[str, str]]:
    """A body for each field, in which that field is the injection and others are plausible."""
    content = operation.get("requestBody", {}).get("content", {})
    for described in content.values():
        fields = resolved(document, described["schema"]).get("properties", {})
        for field in fields:
            required = resolved(document, described["schema"]).get("required", [])
            yield {**dict.fromkeys(required, PASSWORD), field: text}


@pytest.fixture
async def guarded(database_url: str) -> AsyncIterator[Api]:
    async with an_api(
        database_url=database_url, http_basic=True, docs=True, trusted_proxies="127.0.0.1"
    ) as api:
        yield api


class TestInjections:
    async def test_in_12_are_text_in_every_parameter(self, guarded: Api) -> None:
        await guarded.register("alice")
        admin = await guarded.administrator()
        document = (await guarded.call("GET", "/openapi.json")).json()
        alice = await guarded.sign_in("alice")
        before = (await guarded.me(alice)).json()
        tried = 0

        for method, path, operation in operations(document):
            if path in {"/sessions/current", "/sessions"} and method == "DELETE":
                continue  # without parameters, and it would end the session of this test
            for text in INJECTIONS:
                for how in ways(document, path, operation, text):
                    tried += 1
                    await self._is_harmless(guarded, method, admin, how, tried)

        assert tried > 1000
        # The administrator's own account was there to be changed; nobody else's.
        assert (await guarded.me(alice)).json() == before
        assert await guarded.sign_in("alice")

    async def _is_harmless(
        self, api: Api, method: str, admin: dict[str, str], how: dict[str, Any], number: int
    ) -> None:
        hop = {"X-Forwarded-For": f"198.51.{number // 250 % 250}.{number % 250 + 1}"}
        begun = time.monotonic()

        answer = await api.call(method, how.pop("path"), headers={**admin, **hop}, **how)

        assert answer.status_code < 500, (method, how, answer.text)
        assert time.monotonic() - begun < SLOWEST


def ways(
    document: dict[str, Any], path: str, operation: dict[str, Any], text: str
) -> Iterator[dict[str, Any]]:
    """Every place of a request in which `text` can be."""
    concrete = path
    while "{" in concrete:
        head, _, rest = concrete.partition("{")
        concrete = f"{head}{quote(text, safe='')}{rest.partition('}')[2]}"
    if concrete != path:
        yield {"path": concrete}
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "query":
            yield {"path": concrete, "params": {parameter["name"]: text}}
    kinds = operation.get("requestBody", {}).get("content", {})
    for body in bodies(document, operation, text):
        yield {"path": concrete, "data" if "json" not in str(list(kinds)) else "json": body}
