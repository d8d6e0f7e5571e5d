"""TK-10, SE-05, P101, P107: what programs prove themselves with."""

import re

import pytest

from hexkey.domain.access import Permission
from hexkey.domain.accounts.user import UserNotFound
from hexkey.domain.sessions.api_key import MOST_KEYS, KeyKind
from hexkey.entrypoints.http.protection import ANYONE, SignedIn
from tests.integration.http.test_who_may_call import ROUTES, WELL_FORMED
from tests.support.administering import (
    EVERY_PERMISSION,
    HELPER,
    a_helper,
    a_service_key,
    act,
    admin_routes,
    define,
)
from tests.support.api import PASSWORD, Answer, Api, Headers, bearer

pytestmark = pytest.mark.anyio

KEYS = "/users/me/api-keys"
DAY = 86_400
SCOPES = [*EVERY_PERMISSION, "notes:write", "unheard-of", "admin", "*"]


async def make(api: Api, headers: Headers, *scopes: str, **more: object) -> Answer:
    body = {"name": "backup", "scopes": list(scopes), "expires_in": DAY, **more}
    return await api.call("POST", KEYS, headers=headers, json=body)


async def a_key(api: Api, headers: Headers, *scopes: str) -> Headers:
    made = await make(api, headers, *scopes)
    assert made.status_code == 201, made.text
    return bearer(made.json()["secret"])


async def service_headers(api: Api, username: str, *scopes: str) -> Headers:
    return bearer((await a_service_key(api, username, *scopes)).secret)


class TestMaking:
    async def test_tk_10_shows_the_key_once(self, api: Api) -> None:
        """TK-10, AZ-11: listing shows what it is for, and nothing it could be made from."""
        alice = await api.somebody()
        made = (await make(api, alice, "account:read")).json()
        secret = made.pop("secret")

        listed = await api.call("GET", KEYS, headers=alice)

        assert re.fullmatch(r"hxk_pat_[\w-]{48}", secret)
        assert listed.json() == {"items": [made], "next_cursor": None}
        assert made["kind"] == "personal"
        assert secret[8:] not in listed.text

    async def test_tk_10_stores_no_key(self, stored_api: Api) -> None:
        """TK-10: what is kept is a digest, in both databases."""
        alice = await stored_api.somebody()
        secret = (await make(stored_api, alice, "account:read")).json()["secret"]

        async with stored_api.container.engine().connect() as connection:
            rows = (await connection.exec_driver_sql("SELECT * FROM api_keys")).all()

        assert len(rows) == 1
        assert secret[8:] not in str(rows)
        assert (await stored_api.me(bearer(secret))).status_code == 200

    async def test_tk_10_needs_a_fresh_session(self, api: Api) -> None:
        """TK-10, P107: not a password, not a key, not an old session, and not nobody."""
        alice = await api.somebody()
        key = await a_key(api, alice, *("account:read", "account:write"))
        service = await service_headers(api, "alice", "account:read", "account:write")

        assert (await make(api, {}, "account:read")).status_code == 401
        assert (await make(api, key, "account:read")).status_code == 403
        assert (await make(api, service, "account:read")).status_code == 403
        api.clock.advance(minutes=5)
        stale = await make(api, alice, "account:read")
        assert stale.json()["code"] == "reauthentication_required"

    @pytest.mark.parametrize("field", ["owner", "user", "user_id", "id", "kind", "username"])
    async def test_tk_10_belongs_to_the_caller(self, api: Api, field: str) -> None:
        """TK-10, AZ-03, P101, P107: the owner is not what a body names, and never changes."""
        alice = await api.somebody("alice")
        bob = await api.register("bob")

        assert (await make(api, alice, "account:read", **{field: bob["id"]})).status_code == 422

        key = (await make(api, alice, "account:read")).json()["id"]
        for method in ("PUT", "PATCH", "POST"):
            answer = await api.call(method, f"{KEYS}/{key}", headers=alice, json={field: bob["id"]})
            assert answer.status_code == 405

    @pytest.mark.parametrize(
        "scope", [*EVERY_PERMISSION, "notes:write", "unheard-of", "admin", "*"]
    )
    async def test_tk_10_is_allowed_no_more_than_its_owner(self, api: Api, scope: str) -> None:
        """TK-10."""
        await define(api, "writer", "notes:write")
        plain = await api.somebody("plain")
        root = await api.administrator()

        refused = await make(api, plain, "account:read", scope)
        assert (refused.status_code, refused.json()["code"]) == (422, "scope_not_allowed")
        known = scope in {*EVERY_PERMISSION, "notes:write"}
        assert (await make(api, root, scope)).status_code == (201 if known else 422)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"name": ""},
            {"name": " x"},
            {"name": "x" * 101},
            {"name": "a\nb"},
            {"scopes": []},
            {"scopes": "account:read"},
            {"expires_in": 59},
            {"expires_in": 367 * DAY},
            {"expires_in": None},
            {"expires_in": "60"},
        ],
    )
    async def test_refuses_what_breaks_a_rule(self, api: Api, wrong: dict[str, object]) -> None:
        alice = await api.somebody()

        assert (await make(api, alice, "account:read", **wrong)).status_code == 422

    async def test_is_bounded(self, api: Api) -> None:
        alice = await api.somebody()
        statuses = [(await make(api, alice, "account:read")).status_code for _ in range(MOST_KEYS)]

        refused = await make(api, alice, "account:read")

        assert statuses == [201] * MOST_KEYS
        assert (refused.status_code, refused.json()["code"]) == (409, "too_many_api_keys")

    @pytest.mark.parametrize("end", ["disabled", "leaving", "erased"])
    async def test_tk_10_is_made_for_nobody_who_may_not_be_here(self, api: Api, end: str) -> None:
        """TK-10, SE-05: not by an operator either."""
        await api.register("alice")
        owner = await api.container.find_user()(reference="alice")
        deed, _ = ENDS[end]
        await deed(api)

        with pytest.raises(UserNotFound):
            await api.container.make_api_key()(
                owner=owner.id,
                name="service",
                scopes=frozenset(("account:read",)),
                lifetime=None,
                kind=KeyKind.SERVICE,
            )


class TestUse:
    @pytest.mark.parametrize(
        ("method", "path", "rule"), ROUTES, ids=lambda it: getattr(it, "audience", it)
    )
    async def test_tk_10_opens_nothing_that_its_scopes_do_not_name(
        self, api: Api, method: str, path: str, rule: object
    ) -> None:
        """TK-10, AZ-01: key × route, for an administrator's key that names no permission."""
        if rule is ANYONE:
            return
        assert isinstance(rule, SignedIn)
        root = await api.administrator()
        key = await a_key(api, root, "account:read")
        body = WELL_FORMED.get((method, path))

        answer = await api.call(method, path, headers=key, **({"json": body} if body else {}))

        assert answer.status_code == (200 if rule.key_scope == "account:read" else 403)

    @pytest.mark.parametrize(("method", "path"), [it[:2] for it in admin_routes()])
    async def test_tk_10_opens_what_they_name(self, api: Api, method: str, path: str) -> None:
        """TK-10: a service's key acts; a personal one acts only where no proof is asked for."""
        rule = next(it for m, p, it in admin_routes() if (m, p) == (method, path))
        bob = await api.register("bob", email="bob@example.com")
        root = await api.administrator()
        await define(api, HELPER)
        personal = await a_key(api, root, rule.permission)
        service = await service_headers(api, "annabel", rule.permission)

        by_person = await act(api, method, path, personal, on=bob["id"])
        by_service = await act(api, method, path, service, on=bob["id"])

        assert (by_person.status_code == 403) == rule.fresh
        assert by_service.status_code in {200, 201, 202, 204, 404}

    async def test_tk_10_takes_no_administrator_over(self, api: Api) -> None:
        """TK-10, AZ-04: a key is less than its owner, also where its owner is everything."""
        root = await api.administrator()
        other = (await api.me(await api.administrator("other"))).json()["id"]
        await api.me(root)
        service = await service_headers(api, "annabel", Permission.USERS_DISABLE)

        answer = await act(api, "POST", "/admin/users/{id}/disable", service, on=other)

        assert answer.status_code == 403

    async def test_tk_10_changes_the_name_if_it_may(self, api: Api) -> None:
        alice = await api.somebody()
        key = await a_key(api, alice, "account:write")

        changed = await api.call("PATCH", "/users/me", headers=key, json={"full_name": "A"})

        assert changed.json()["full_name"] == "A"
        assert (await api.me(key)).status_code == 403

    async def test_tk_10_loses_what_its_owner_loses(self, api: Api) -> None:
        """TK-10, AZ-05: at the next request."""
        helper = await a_helper(api, Permission.USERS_READ, Permission.ROLES_READ)
        key = await a_key(api, helper, Permission.USERS_READ)
        assert (await api.call("GET", "/admin/users", headers=key)).status_code == 200

        await define(api, HELPER, Permission.ROLES_READ)

        assert (await api.call("GET", "/admin/users", headers=key)).status_code == 403

    async def test_tk_10_says_when_it_was_used(self, api: Api) -> None:
        """TK-10: exact to a minute, with a write a minute."""
        alice = await api.somebody()
        key = await a_key(api, alice, "account:read")

        async def last_used() -> str | None:
            await api.container.write_key_uses()()
            (item,) = (await api.call("GET", KEYS, headers=alice)).json()["items"]
            found: str | None = item["last_used_at"]
            return found

        assert await last_used() is None
        await api.me(key)
        first = await last_used()
        assert first is not None
        api.clock.advance(seconds=59)
        await api.me(key)
        assert await last_used() == first
        api.clock.advance(seconds=1)
        await api.me(key)
        assert await last_used() not in {None, first}


async def forget_password(api: Api) -> None:
    owner = await api.container.find_user()(reference="alice")
    await api.container.set_password()(user=owner.id, new_password="quite another one")


async def be_disabled(api: Api) -> None:
    owner = await api.container.find_user()(reference="alice")
    await api.disable(owner.id)


async def be_disabled_and_enabled(api: Api) -> None:
    await be_disabled(api)
    owner = await api.container.find_user()(reference="alice")
    await api.container.enable_user()(user=owner.id)


async def leave(api: Api) -> None:
    owner = await api.container.find_user()(reference="alice")
    await api.container.schedule_deletion()(user=owner.id)


async def be_erased(api: Api) -> None:
    owner = await api.container.find_user()(reference="alice")
    await api.container.erase_user()(user=owner.id)


async def wait_a_day(api: Api) -> None:
    api.clock.advance(seconds=DAY)


ENDS = {
    "password": (forget_password, True),
    "disabled": (be_disabled, False),
    "disabled and enabled": (be_disabled_and_enabled, True),
    "leaving": (leave, False),
    "erased": (be_erased, False),
    "expired": (wait_a_day, True),
}


class TestEnd:
    @pytest.mark.parametrize("end", ENDS)
    async def test_se_05_comes_with_that_of_the_owner(self, stored_api: Api, end: str) -> None:
        """SE-05, TK-10, P43: at the next request, on both databases."""
        api = stored_api
        alice = await api.somebody("alice")
        key = await a_key(api, alice, "account:read")
        service = await service_headers(api, "alice", "account:read")
        assert [(await api.me(it)).status_code for it in (key, service)] == [200, 200]
        deed, service_lasts = ENDS[end]

        await deed(api)

        assert (await api.me(key)).status_code == 401
        assert (await api.me(service)).status_code == (200 if service_lasts else 401)

    async def test_tk_10_comes_when_it_is_revoked(self, api: Api) -> None:
        alice = await api.somebody("alice")
        bob = await api.somebody("bob")
        made = (await make(api, alice, "account:read")).json()
        path = f"{KEYS}/{made['id']}"

        assert (await api.call("DELETE", path, headers=bob)).status_code == 404
        assert (await api.me(bearer(made["secret"]))).status_code == 200
        assert (await api.call("DELETE", path, headers=alice)).status_code == 204
        assert (await api.me(bearer(made["secret"]))).status_code == 401
        assert (await api.call("DELETE", path, headers=alice)).status_code == 404
        assert (await api.call("DELETE", f"{KEYS}/x", headers=alice)).status_code == 404

    @pytest.mark.parametrize("junk", ["hxk_pat_", "hxk_pat_" + "A" * 48, "hxk_key_x", "hxk_zzz_x"])
    async def test_tk_10_is_that_of_every_other_string(self, api: Api, junk: str) -> None:
        answer = await api.me(bearer(junk))

        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")

    async def test_is_shown_to_its_owner(self, api: Api) -> None:
        alice = await api.somebody("alice")
        await make(api, alice, "account:read")
        api.clock.advance(seconds=DAY)

        again = await api.sign_in("alice", PASSWORD)

        (item,) = (await api.call("GET", KEYS, headers=again)).json()["items"]
        assert item["status"] == "expired"

    @pytest.mark.parametrize("end", ["password", "disabled and enabled", "expired"])
    async def test_tk_10_is_said_where_keys_are_listed(self, stored_api: Api, end: str) -> None:
        """TK-10: for as long as maintenance leaves them there."""
        api = stored_api
        alice = await api.somebody("alice")
        made = (await make(api, alice, "account:read")).json()
        assert made["status"] == "active"
        deed, _ = ENDS[end]

        await deed(api)

        owner = await api.container.find_user()(reference="alice")
        (listed,) = await api.container.list_api_keys()(owner=owner)
        assert listed.status.value == ("expired" if end == "expired" else "ended")
        api.clock.advance(days=31, milliseconds=1)
        await api.container.prune_expired()()
        assert await api.container.list_api_keys()(owner=owner) == []
