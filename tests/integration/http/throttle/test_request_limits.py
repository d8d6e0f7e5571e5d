"""Requests are limited by class and network, and clients are told how far they may go."""

from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi.routing import APIRoute

from hexkey.domain.authentication.request_limits import RequestKind
from hexkey.entrypoints.http.request_limits import kind_of
from tests.support.api import Answer, Api, an_api

pytestmark = pytest.mark.anyio

LIMITS: dict[str, Any] = {f"limit_{kind.replace('-', '_')}": 5 for kind in RequestKind}
PATHS = {
    RequestKind.SIGN_IN: ("POST", "/sessions"),
    RequestKind.REFRESH: ("POST", "/sessions/refresh"),
    RequestKind.ANONYMOUS_WRITE: ("POST", "/password-resets"),
    RequestKind.ADMIN: ("GET", "/admin/users"),
    RequestKind.OTHER: ("GET", "/users/me"),
}


@pytest.fixture
async def limited() -> AsyncIterator[Api]:
    async with an_api(trusted_proxies=("127.0.0.1",), **LIMITS) as api:
        yield api


async def ask(api: Api, kind: RequestKind, *, address: str = "203.0.113.7") -> Answer:
    method, path = PATHS[kind]
    headers = {"X-Forwarded-For": address}
    return await api.call(method, path, headers=headers, json={} if method == "POST" else None)


class TestLimit:
    @pytest.mark.parametrize("kind", RequestKind)
    async def test_lets_through_as_many_as_it_says_and_then_one_at_a_time(
        self, limited: Api, kind: RequestKind
    ) -> None:
        served = [await ask(limited, kind) for _ in range(5)]
        refused = await ask(limited, kind)

        assert 429 not in {it.status_code for it in served}
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
        assert refused.headers["Retry-After"] == "12"
        limited.clock.advance(seconds=12)
        assert (await ask(limited, kind)).status_code != 429
        assert (await ask(limited, kind)).status_code == 429

    @pytest.mark.parametrize("kind", RequestKind)
    async def test_is_told_in_headers(self, limited: Api, kind: RequestKind) -> None:
        answers = [await ask(limited, kind) for _ in range(6)]

        assert {it.headers["RateLimit-Policy"] for it in answers} == {f'"{kind}";q=5;w=60'}
        assert [it.headers["RateLimit"] for it in answers] == [
            *(f'"{kind}";r={4 - number};t={12 * (number + 1)}' for number in range(5)),
            f'"{kind}";r=0;t=60',
        ]

    @pytest.mark.parametrize("kind", RequestKind)
    async def test_is_of_one_class_and_one_network(self, limited: Api, kind: RequestKind) -> None:
        for _ in range(6):
            await ask(limited, kind)

        assert (await ask(limited, kind, address="198.51.100.1")).status_code != 429
        for other in RequestKind:
            assert ((await ask(limited, other)).status_code == 429) == (other is kind)

    @pytest.mark.parametrize(
        "path",
        ["//sessions", "/sessions/", "/%73essions", "/SESSIONS", "/./sessions", "/sessions;x"],
    )
    async def test_rl_09_is_not_split_by_spelling(self, limited: Api, path: str) -> None:
        """RL-09, P82: another spelling is the same bucket, or leads nowhere."""
        for _ in range(6):
            await ask(limited, RequestKind.SIGN_IN)

        answer = await limited.call(
            "POST", path, json={}, headers={"X-Forwarded-For": "203.0.113.7"}
        )
        assert answer.status_code in (404, 405, 429)

    async def test_rl_09_is_one_for_a_household(self, limited: Api) -> None:
        for host in range(5):
            await ask(limited, RequestKind.REFRESH, address=f"2001:db8::{host}")

        late = await ask(limited, RequestKind.REFRESH, address="2001:db8::ffff:1")
        assert late.status_code == 429

    @pytest.mark.parametrize("path", ["/livez", "/readyz", "/.well-known/jwks.json"])
    async def test_never_stands_before_what_others_rely_on(self, limited: Api, path: str) -> None:
        answers = [await limited.call("GET", path) for _ in range(20)]

        assert {it.status_code for it in answers} <= {200, 304}
        assert not [it for it in answers if "RateLimit" in it.headers]

    async def test_is_of_the_application_that_serves(self, limited: Api) -> None:
        """Two in one process share their routes, and nothing else."""
        for _ in range(6):
            await ask(limited, RequestKind.SIGN_IN)
        async with an_api(limit_sign_in=5) as other:
            assert (await ask(other, RequestKind.SIGN_IN)).status_code == 422


BASIC = "Basic " + b64encode(b"alice:a long walk in the rain").decode()
PROTECTED = [("GET", "/users/me"), ("GET", "/sessions"), ("GET", "/admin/users")]
OPEN = [("POST", "/password-resets"), ("POST", "/sessions/refresh")]
NO_CREDENTIAL = ["Bearer x.y.z", "Bearer hxk_pat_x", "Digest x", "Basic", ""]


class TestBasic:
    @pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
    @pytest.mark.parametrize(("method", "path"), PROTECTED)
    async def test_rl_03_is_counted_like_any_other_sign_in(
        self, method: str, path: str, scheme: str
    ) -> None:
        """RL-03: the limit for comparing passwords is of every path that compares one."""
        credential = {"Authorization": BASIC.replace("Basic", scheme)}
        async with an_api(http_basic=True, limit_sign_in=5) as api:
            answers = [await api.call(method, path, headers=credential) for _ in range(6)]
            elsewhere = await api.call("POST", "/sessions", json={})

        assert [it.status_code == 429 for it in answers] == [False] * 5 + [True]
        assert {it.headers["RateLimit-Policy"] for it in answers} == {'"sign-in";q=5;w=60'}
        assert answers[5].json()["code"] == "too_many_requests"
        assert elsewhere.status_code == 429

    @pytest.mark.parametrize("credential", NO_CREDENTIAL)
    async def test_is_the_only_scheme_that_is(self, credential: str) -> None:
        async with an_api(http_basic=True, limit_sign_in=5, limit_other=9) as api:
            sent = {"Authorization": credential}
            answers = [await api.call("GET", "/users/me", headers=sent) for _ in range(6)]

        assert {it.headers["RateLimit-Policy"] for it in answers} == {'"other";q=9;w=60'}

    async def test_is_not_where_it_is_off(self) -> None:
        async with an_api(limit_sign_in=5, limit_other=9) as api:
            answer = await api.call("GET", "/users/me", headers={"Authorization": BASIC})

        assert answer.headers["RateLimit-Policy"] == '"other";q=9;w=60'

    @pytest.mark.parametrize(("method", "path"), OPEN)
    async def test_rl_09_is_no_second_budget_where_nobody_asks_for_it(
        self, method: str, path: str
    ) -> None:
        limits = {**LIMITS, "limit_sign_in": 600}
        async with an_api(http_basic=True, **limits) as api:
            sent = {"Authorization": BASIC}
            answers = [await api.call(method, path, headers=sent, json={}) for _ in range(6)]

        assert answers[5].status_code == 429

    async def test_is_held_to_the_class_of_the_route_if_signing_in_has_no_bound(self) -> None:
        async with an_api(http_basic=True, limit_sign_in=0, limit_other=5) as api:
            sent = {"Authorization": BASIC}
            answers = [await api.call("GET", "/users/me", headers=sent) for _ in range(6)]

        assert answers[5].status_code == 429


class TestClass:
    async def test_of_a_route_that_compares_a_password_is_sign_in(self, limited: Api) -> None:
        routes = [it for it in limited.app.routes if isinstance(it, APIRoute)]
        comparing = {it.path for it in routes if kind_of(it) is RequestKind.SIGN_IN}

        assert comparing == {
            *("/sessions", "/token", "/sessions/current/reauthenticate", "/users/me/password")
        }
