"""AZ-01, AZ-04, AZ-05: who may do what, in matrices made from the application itself."""

import pytest

from hexkey.domain.access import Permission, Role
from hexkey.entrypoints.http.protection import WithPermission
from tests.support.administering import (
    ACTING_ON_SOMEBODY,
    EVERY_PERMISSION,
    HELPER,
    a_helper,
    act,
    admin_routes,
    define,
)
from tests.support.api import Api

pytestmark = pytest.mark.anyio

ROUTES = list(admin_routes())
FRESH_ROUTES = [(method, path) for method, path, rule in ROUTES if rule.fresh]
EDITS: dict[
    str, tuple[dict[str, object], Permission | None]
] = {  # what each part of PATCH needs besides `users:write`
    "full_name": ({"full_name": "Bob B."}, None),
    "status": ({"status": "disabled"}, Permission.USERS_DISABLE),
    "roles": ({"roles": [HELPER]}, Permission.ROLES_ASSIGN),
}


def shown(value: object) -> str | None:
    return value.permission if isinstance(value, WithPermission) else None


class TestRole:
    @pytest.mark.parametrize(("method", "path", "rule"), ROUTES, ids=shown)
    async def test_az_01_opens_the_routes_of_its_permissions_and_no_other(
        self, api: Api, method: str, path: str, rule: WithPermission
    ) -> None:
        """AZ-01, P104: permission × route; with it, and with all but it."""
        bob = await api.register("bob", email="bob@example.com")
        others = [it for it in EVERY_PERMISSION if it != rule.permission]
        just_this = await a_helper(api, rule.permission, username="one", role="one")
        all_but_this = await a_helper(api, *others, username="two", role="two")
        await define(api, HELPER)

        refused = await act(api, method, path, all_but_this, on=bob["id"])
        allowed = await act(api, method, path, just_this, on=bob["id"])

        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        assert allowed.status_code in {200, 201, 202, 204, 404}, allowed.text
        if allowed.status_code == 404:  # nothing is there to be shown, and no user was meant
            assert "{request_id}" in path

    def test_az_01_every_permission_opens_something(self) -> None:
        """AZ-01: none is only a word."""
        assert {rule.permission for _, _, rule in ROUTES} == set(Permission)

    async def test_az_01_that_nobody_defined_opens_nothing(self, api: Api) -> None:
        helper = await a_helper(api, *EVERY_PERMISSION)
        await define(api, HELPER)

        for method, path, _ in ROUTES:
            assert (await act(api, method, path, helper, on="x")).status_code == 403

    async def test_az_05_counts_at_the_next_request(self, api: Api) -> None:
        """AZ-05: what a role permits, and who holds it, also for a token that was issued before."""
        helper = await a_helper(api, Permission.USERS_READ)
        me = (await api.me(helper)).json()["id"]
        root = await api.administrator()
        assert (await api.call("GET", "/admin/users", headers=helper)).status_code == 200

        await define(api, HELPER, Permission.ROLES_READ)
        assert (await api.call("GET", "/admin/users", headers=helper)).status_code == 403
        assert (await api.call("GET", "/admin/roles", headers=helper)).status_code == 200

        await act(api, "DELETE", "/admin/users/{id}/roles/{role}", root, on=me)
        assert (await api.call("GET", "/admin/roles", headers=helper)).status_code == 403
        await act(api, "PUT", "/admin/users/{id}/roles/{role}", root, on=me)
        assert (await api.call("GET", "/admin/roles", headers=helper)).status_code == 200

    async def test_az_05_counts_on_both_databases(self, stored_api: Api) -> None:
        await self.test_az_05_counts_at_the_next_request(stored_api)


class TestFreshness:
    @pytest.mark.parametrize(("method", "path"), FRESH_ROUTES)
    async def test_az_08_is_asked_of_whoever_changes_something(
        self, api: Api, method: str, path: str
    ) -> None:
        """AZ-08, SE-08: with an old session nothing is changed."""
        bob = await api.register("bob", email="bob@example.com")
        root = await api.administrator()
        api.clock.advance(minutes=5)

        answer = await act(api, method, path, root, on=bob["id"])

        assert answer.status_code == 403
        assert answer.json()["code"] == "reauthentication_required"

    def test_az_08_is_asked_on_every_route_that_is_not_for_reading(self) -> None:
        """AZ-08."""
        assert {(m, p) for m, p, _ in ROUTES if m != "GET"} == set(FRESH_ROUTES)

    async def test_needs_a_new_proof_after_five_minutes(self, api: Api) -> None:
        root = await api.administrator()
        api.clock.advance(minutes=5)
        proof = {"password": "a long walk in the rain"}
        await api.call("POST", "/sessions/current/reauthenticate", headers=root, json=proof)

        answer = await act(api, "POST", "/admin/users", root)

        assert answer.status_code == 201


class TestEditing:
    @pytest.mark.parametrize("part", EDITS)
    async def test_az_04_keeps_the_permission_of_each_part(self, api: Api, part: str) -> None:
        """AZ-04, P105: a privileged act is not free because it is reached by PATCH."""
        bob = await api.register("bob")
        await define(api, HELPER)
        body, permission = EDITS[part]
        writer = await a_helper(api, Permission.USERS_WRITE, username="w", role="writer")
        also = [permission] if permission else []
        helper = await a_helper(api, Permission.USERS_WRITE, *also, username="h", role="able")
        path = f"/admin/users/{bob['id']}"

        refused = await api.call("PATCH", path, headers=writer, json={**body, "picture": None})
        allowed = await api.call("PATCH", path, headers=helper, json=body)

        assert refused.status_code == (403 if permission else 200)
        assert allowed.status_code == 200, allowed.text

    @pytest.mark.parametrize("field", ["password", "new_password", "email", "password_hash"])
    async def test_az_08_sets_and_shows_no_password(self, api: Api, field: str) -> None:
        """AZ-04, AZ-08, P105: not even for an administrator."""
        bob = await api.register("bob", email="bob@example.com")
        root = await api.administrator()
        path, body = f"/admin/users/{bob['id']}", {"full_name": "B", field: "a long new one"}

        answer = await api.call("PATCH", path, headers=root, json=body)

        assert answer.status_code == 422
        assert (await api.call("GET", path, headers=root)).json() == bob
        if field != "email":
            body = {"email": "x@y.example", field: "a long new one"}
            made = await api.call("POST", "/admin/users", headers=root, json=body)
            assert made.status_code == 422
        assert await api.sign_in("bob")

    async def test_is_all_or_nothing(self, api: Api) -> None:
        bob = await api.register("bob")
        await api.register("taken")
        root = await api.administrator()
        path = f"/admin/users/{bob['id']}"

        for body in (
            {"full_name": "B", "status": "disabled", "username": "taken"},
            {"full_name": "B", "status": "disabled", "roles": ["no-such-role"]},
        ):
            answer = await api.call("PATCH", path, headers=root, json=body)
            assert answer.status_code in {404, 409}
            assert (await api.call("GET", path, headers=root)).json() == bob

    async def test_has_the_consequences_of_the_act_itself(self, api: Api) -> None:
        """AZ-04, SE-05: who is disabled by PATCH is as disabled as by the other route."""
        bob = await api.somebody("bob")
        root = await api.administrator()
        id_ = (await api.me(bob)).json()["id"]

        body = {"status": "disabled"}
        await api.call("PATCH", f"/admin/users/{id_}", headers=root, json=body)

        assert (await api.me(bob)).status_code == 401
        body = {"status": "active"}
        await api.call("PATCH", f"/admin/users/{id_}", headers=root, json=body)
        assert (await api.me(bob)).status_code == 401  # it stays ended
        assert await api.sign_in("bob")


class TestRank:
    @pytest.mark.parametrize(("method", "path", "body"), ACTING_ON_SOMEBODY)
    async def test_keeps_helpers_from_acting_on_who_may_do_more(
        self, api: Api, method: str, path: str, body: dict[str, str] | None
    ) -> None:
        """AZ-04: a helper with one permission more or less takes over nobody."""
        root = await api.administrator()
        root_id = (await api.me(root)).json()["id"]
        plenty = [it for it in EVERY_PERMISSION if it != Permission.AUDIT_READ]
        await define(api, HELPER)
        helper = await a_helper(api, *plenty, username="helper-1", role="plenty")
        auditor = await a_helper(api, Permission.AUDIT_READ, username="auditor", role="auditor")
        auditor_id = (await api.me(auditor)).json()["id"]

        for other in (root_id, auditor_id):
            before = await api.call("GET", f"/admin/users/{other}", headers=root)
            answer = await act(api, method, path, helper, on=other, body=body)
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
            after = await api.call("GET", f"/admin/users/{other}", headers=root)
            assert after.json() == before.json()

    @pytest.mark.parametrize("role", ["admin", "auditor"])
    @pytest.mark.parametrize("way", ["PUT", "PATCH"])
    async def test_keeps_helpers_from_giving_what_they_do_not_have(
        self, api: Api, role: str, way: str
    ) -> None:
        """AZ-04, AZ-03: neither to others nor to themselves."""
        await define(api, "auditor", Permission.AUDIT_READ)
        plenty = [it for it in EVERY_PERMISSION if it != Permission.AUDIT_READ]
        helper = await a_helper(api, *plenty)
        me = (await api.me(helper)).json()
        bob = await api.register("bob")

        for other in (me, bob):
            path = f"/admin/users/{other['id']}"
            if way == "PUT":
                answer = await api.call("PUT", f"{path}/roles/{role}", headers=helper)
            else:
                roles = [*other["roles"], role]
                answer = await api.call("PATCH", path, headers=helper, json={"roles": roles})
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert (await api.me(helper)).json()["roles"] == [HELPER]

    async def test_lets_helpers_act_on_their_equals(self, api: Api) -> None:
        one = await a_helper(api, *EVERY_PERMISSION, username="one")
        other = await api.register("other")
        granted = await act(api, "PUT", "/admin/users/{id}/roles/{role}", one, on=other["id"])
        disabled = await act(api, "POST", "/admin/users/{id}/disable", one, on=other["id"])

        assert granted.json()["roles"] == [HELPER]
        assert disabled.json()["status"] == "disabled"


class TestScope:
    async def test_that_is_a_permission_is_for_its_holders(self, api: Api) -> None:
        """TK-07, AZ-05: and no longer at the next refresh."""
        await define(api, "writer", "notes:write", Permission.USERS_READ)
        await api.register("plain")
        writer = await api.register("writer")
        grant, revoke = api.container.grant_role(), api.container.revoke_role()
        await grant(user=writer["id"], role=Role("writer"))
        asked = {"password": "a long walk in the rain", "scope": "notes:write users:read other"}

        def form(name: str) -> dict[str, str]:
            return {"username": name, **asked}

        plain = (await api.call("POST", "/token", data=form("plain"))).json()
        granted = (await api.call("POST", "/token", data=form("writer"))).json()
        assert (plain["scope"], granted["scope"]) == ("", "notes:write users:read")

        await revoke(user=writer["id"], role=Role("writer"))
        body = {"refresh_token": granted["refresh_token"]}
        assert (await api.call("POST", "/sessions/refresh", json=body)).json()["scope"] == ""
