"""LG-03, AZ-11: device tokens, API keys and the set-up token, wherever people put them."""

import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from hexkey.entrypoints.logs import JsonLines
from tests.support.administering import EVERY_PERMISSION
from tests.support.api import PASSWORD, Api, Headers, an_api, bearer

pytestmark = pytest.mark.anyio

HEADER = "X-Hexkey-Device"
BY_MISTAKE = (  # where a secret is pasted that does not belong there
    ("GET", "/users/{secret}"),
    ("GET", "/users/me?token={secret}"),
    ("DELETE", "/users/me/api-keys/{secret}"),
    ("GET", "/admin/users/{secret}"),
    ("GET", "/admin/users?username={secret}"),
    ("GET", "/admin/audit-events?subject={secret}"),
    ("GET", "/admin/audit-events?request_id={secret}"),
    ("GET", "/admin/explanations/{secret}"),
    ("PUT", "/admin/users/{secret}/roles/{secret}"),
)
BODIES: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("POST", "/setup", {"token": "{secret}", "username": "{secret}", "password": "{secret}"}),
    ("POST", "/setup", {"{secret}": "{secret}"}),
    ("POST", "/sessions", {"login": "{secret}", "password": "{secret}"}),
    ("POST", "/users/me/api-keys", {"name": "x", "scopes": ["{secret}"], "expires_in": 60}),
    ("POST", "/sessions/refresh", {"refresh_token": "{secret}"}),
)


async def secrets_of(api: Api, root: Headers) -> dict[str, str]:
    """One of each kind, which works."""
    setup = api.container.setup_tokens().token()
    body = {"login": "annabel", "password": PASSWORD}
    signed_in = await api.call("POST", "/sessions", json=body, headers={HEADER: "new"})
    scopes = [*EVERY_PERMISSION, "account:read"]
    key = {"name": "backup", "scopes": scopes, "expires_in": 3600}
    made = await api.call("POST", "/users/me/api-keys", headers=root, json=key)
    return {
        "set-up token": setup,
        "device token": signed_in.headers[HEADER],
        "API key": made.json()["secret"],
    }


async def misused(api: Api, root: Headers, secret: str) -> AsyncIterator[str]:
    """Everything that is answered to somebody who uses `secret`, and puts it everywhere."""
    for headers in (bearer(secret), bearer(secret[:-1]), {**root, HEADER: secret[:-1]}):
        yield (await api.me(headers)).text
    for headers in (root, {**root, HEADER: secret, "User-Agent": f"key {secret}"}):
        for method, path in BY_MISTAKE:
            yield (await api.call(method, path.format(secret=secret), headers=headers)).text
        for method, path, body in BODIES:
            filled = dict(_filled(body, secret))
            yield (await api.call(method, path, headers=headers, json=filled)).text


def _filled(body: dict[str, object], secret: str) -> Iterator[tuple[str, object]]:
    for name, value in body.items():
        match value:
            case str():
                filled: object = value.replace("{secret}", secret)
            case list():
                filled = [secret for _ in value]
            case _:
                filled = value
        yield name.replace("{secret}", secret), filled


class TestSecret:
    async def test_lg_03_is_in_no_answer_no_log_and_no_database(
        self, sqlite_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        """LG-03, TK-10, RC-16: nor in the audit trail, which is part of it."""
        caplog.set_level(logging.DEBUG)
        answers: list[str] = []
        async with an_api(database_url=f"sqlite:///{sqlite_path}", access_log=True) as api:
            root = await api.administrator()
            secrets = await secrets_of(api, root)
            for secret in secrets.values():
                answers += [it async for it in misused(api, root, secret)]
            await api.container.refusals().write()
            await api.container.write_key_uses()()
            await api.container.seal_audit_trail()()
            assert (await api.container.verify_audit_trail()()).holds

        # Those of libraries are not written at any level (`test_canaries` sees the whole stream).
        ours = [it for it in caplog.records if it.name.startswith("hexkey")]
        log = "\n".join(JsonLines().format(it) for it in ours)
        dump = b"".join(
            it.read_bytes() for it in sqlite_path.parent.glob(f"{sqlite_path.name}*")
        ).decode("latin-1")
        assert "/admin/explanations" in log  # it was listening
        assert "audit.read" in dump
        for kind, secret in secrets.items():
            for place, text in (("answer", "".join(answers)), ("log", log), ("database", dump)):
                found = text.find(secret[-40:])
                assert found < 0, (kind, place, text[max(0, found - 200) : found + 60])
