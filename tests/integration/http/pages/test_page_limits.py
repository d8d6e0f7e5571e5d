"""Whoever comes to a page too often, or guesses at one, is told by a page, and written down."""

from collections.abc import AsyncIterator

import pytest
from fastapi.routing import APIRoute

from hexkey.application.ports.audit import AuditQuery
from hexkey.domain.audit.event import AuditType
from hexkey.entrypoints.http.app import create_app
from hexkey.entrypoints.http.request_limits import kind_of
from tests.support.api import Answer, Api, an_api, settings
from tests.support.visiting import OURS

pytestmark = pytest.mark.anyio

FORMS = sorted(
    route.path
    for route in create_app(settings()).routes
    if isinstance(route, APIRoute)
    and route.path.startswith("/account/")
    and "POST" in (route.methods or ())
)


@pytest.fixture
async def limited() -> AsyncIterator[Api]:
    async with an_api(public_url="https://testserver", limit_anonymous_write=2) as api:
        yield api


async def send(api: Api, path: str) -> Answer:
    """A form whose token nobody was sent."""
    form = {"token": "hxk_ot_made_up", "new_password": "x", "password": "x", "email": "a@b.example"}
    return await api.call("POST", path, data=form, headers=OURS)


class TestTooManyRequests:
    @pytest.mark.parametrize("path", FORMS)
    async def test_are_answered_by_a_page(self, limited: Api, path: str) -> None:
        for _ in range(2):
            assert (await send(limited, path)).status_code != 429

        refused = await send(limited, path)

        assert refused.status_code == 429
        assert refused.headers["Content-Type"].startswith("text/html")
        assert "Too many requests." in refused.text
        assert refused.headers["Retry-After"] == "30"
        assert refused.headers["RateLimit"] == '"anonymous-write";r=0;t=60'
        assert "frame-ancestors" in refused.headers["Content-Security-Policy"]

    def test_are_of_the_class_that_takes_secrets_without_a_credential(self) -> None:
        routes = [it for it in create_app(settings()).routes if isinstance(it, APIRoute)]

        kinds = {kind_of(it) for it in routes if it.path in FORMS and "POST" in (it.methods or ())}
        assert kinds == {"anonymous-write"}


class TestARefusal:
    @pytest.mark.parametrize("path", [it for it in FORMS if it.endswith(("account", "email"))])
    async def test_of_a_made_up_token_is_in_the_audit_trail(self, api: Api, path: str) -> None:
        """LG-01: who tries tokens at a page leaves what they would at the API."""
        await send(api, path)
        await api.container.refusals().write()

        query = AuditQuery(type=AuditType.ONE_TIME_TOKEN_REFUSED)
        events = await api.container.audit_archive().page(query, after=None, limit=9)
        assert [event.reason for event in events] == ["invalid_or_expired_token"]
