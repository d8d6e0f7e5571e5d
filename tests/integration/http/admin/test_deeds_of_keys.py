"""LG-01, TK-10: what was done with one API key can be told from what was done with another."""

import pytest

from hexkey.domain.access import Permission
from tests.integration.http.test_audit_catalogue import Trail
from tests.support.administering import HELPER, a_service_key, act, admin_routes, define
from tests.support.api import Api, Headers, bearer

pytestmark = pytest.mark.anyio


async def annabels_key(api: Api, *scopes: str) -> tuple[str, Headers]:
    """A service key of the administrator; its id, and the header that proves it."""
    made = await a_service_key(api, "annabel", *scopes)
    return made.key.id, bearer(made.secret)


class TestADeedOfAKey:
    @pytest.mark.parametrize(("method", "path"), [it[:2] for it in admin_routes()])
    async def test_lg_01_names_the_key(self, api: Api, method: str, path: str) -> None:
        """LG-01: every route, every event of the request, done or refused."""
        rule = next(it for m, p, it in admin_routes() if (m, p) == (method, path))
        bob = await api.register("bob", email="bob@example.com")
        await api.administrator()
        await define(api, HELPER)
        keys = [await annabels_key(api, rule.permission), await annabels_key(api, "users:read")]
        trail = Trail(api)

        written = 0

        for key, headers in keys:
            await trail.new()
            await act(api, method, path, headers, on=bob["id"])
            events = await trail.new()
            assert {(it.details.get("api_key"), it.session_hash) for it in events} <= {(key, None)}
            written += len(events)

        assert written  # by the one that acted, or by the one that was refused

    async def test_lg_01_is_told_from_that_of_a_sibling(self, api: Api) -> None:
        """LG-01: a leaked key's deeds are known among those of all keys of its owner."""
        bob = await api.register("bob")
        await api.administrator()
        disable = f"/admin/users/{bob['id']}/disable"
        leaked, thief = await annabels_key(api, Permission.USERS_DISABLE)
        other, sibling = await annabels_key(api, Permission.USERS_READ)
        trail = Trail(api)
        await trail.new()

        assert (await api.call("POST", disable, headers=sibling)).status_code == 403
        assert (await api.call("POST", disable, headers=thief)).status_code == 200

        by_key = {it.type: it.details["api_key"] for it in await trail.new()}
        assert by_key == {"user.disabled": leaked, "access.refused": other}

    async def test_lg_01_is_shown_to_who_searches(self, api: Api) -> None:
        """LG-01: in the trail over HTTP, as on the command line."""
        root = await api.administrator()
        key, headers = await annabels_key(api, Permission.USERS_READ)
        assert (await api.call("GET", "/admin/users", headers=headers)).status_code == 200
        await api.container.refusals().write()

        path = "/admin/audit-events?type=admin.read"
        found = (await api.call("GET", path, headers=root)).json()["items"]

        assert [it["details"]["api_key"] for it in found] == [key]

    async def test_is_not_claimed_of_a_session(self, api: Api) -> None:
        root, bob = await api.administrator(), await api.register("bob")
        trail = Trail(api)
        await trail.new()

        await api.call("POST", f"/admin/users/{bob['id']}/disable", headers=root)

        (event,) = await trail.new()
        assert "api_key" not in event.details
        assert event.session_hash is not None
