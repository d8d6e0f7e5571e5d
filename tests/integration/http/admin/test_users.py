"""AZ-10, AZ-11, AZ-08: finding, making and erasing accounts."""

from datetime import timedelta
from itertools import product
from urllib.parse import urlencode

import pytest

from hexkey.domain.identifiers import UserId
from tests.support.administering import HELPER, admin_routes, define
from tests.support.api import PASSWORD, Api, Headers

pytestmark = pytest.mark.anyio

FILTERS = {
    "username": ("ANN", "nobody"),
    "email": ("Ann@Example.com", "nobody@example.com"),
    "status": ("active", "disabled"),
    "role": ("helper", "admin"),
}


async def listed(api: Api, root: Headers, **query: object) -> list[str]:
    """Whom the list shows, all pages of it."""
    names: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        asked = urlencode({"limit": 1, **query, **cursor})
        answer = await api.call("GET", f"/admin/users?{asked}", headers=root)
        assert answer.status_code == 200, answer.text
        names += [item["username"] for item in answer.json()["items"]]
        if answer.json()["next_cursor"] is None:
            return names
        cursor = {"cursor": answer.json()["next_cursor"]}


async def people(api: Api) -> Headers:
    """Ann, whom a filter fits; Bob, whom others fit; and an administrator."""
    await define(api, HELPER, "users:read")
    ann = await api.register("ann", email="ann@example.com")
    await api.container.grant_role()(user=UserId(ann["id"]), role=HELPER)
    bob = await api.register("bob")
    await api.disable(bob["id"])
    return await api.administrator("root-of-all")


class TestList:
    async def test_shows_everybody_a_page_at_a_time(self, stored_api: Api) -> None:
        root = await people(stored_api)

        assert await listed(stored_api, root) == ["ann", "bob", "root-of-all"]

    async def test_az_10_shows_whom_every_filter_fits(self, stored_api: Api) -> None:
        """AZ-10: every combination of filters, fitting and not, on both databases."""
        root = await people(stored_api)

        for chosen in product((None, True, False), repeat=len(FILTERS)):
            query = {
                name: values[0] if fits else values[1]
                for (name, values), fits in zip(FILTERS.items(), chosen, strict=True)
                if fits is not None
            }
            shown = await listed(stored_api, root, **query)
            assert ("ann" in shown) == all(it is not False for it in chosen), query

    async def test_az_10_finds_by_status_and_role(self, stored_api: Api) -> None:
        root = await people(stored_api)

        assert await listed(stored_api, root, status="disabled") == ["bob"]
        assert await listed(stored_api, root, role="admin") == ["root-of-all"]
        assert await listed(stored_api, root, status="active") == ["ann", "root-of-all"]

    @pytest.mark.parametrize(
        "name",
        ["password", "password_hash", "id", "credential_version", "sort", "order", "filter", "q"],
    )
    async def test_az_10_knows_no_other_filter(self, api: Api, name: str) -> None:
        """AZ-10, P121: what is not on the list is not looked at."""
        root = await people(api)

        everybody = ["ann", "bob", "root-of-all"]
        assert await listed(api, root, **{name: "$2b$"}) == everybody

    @pytest.mark.parametrize("text", ["%", "_nn", "a%", "' OR 1=1 --", "ann\\", "*", ""])
    @pytest.mark.parametrize("name", ["username", "email", "role", "status"])
    async def test_az_10_takes_no_pattern_and_no_sql(
        self, stored_api: Api, name: str, text: str
    ) -> None:
        """AZ-10, P111."""
        root = await people(stored_api)

        asked = urlencode({name: text})
        answer = await stored_api.call("GET", f"/admin/users?{asked}", headers=root)

        assert answer.status_code == 422 or answer.json()["items"] == []

    async def test_az_10_binds_a_cursor_to_its_filters(self, api: Api) -> None:
        """AZ-10, P111: a page of one list opens no other."""
        root = await people(api)
        queries = ("", "status=active", "status=disabled&role=helper", "role=helper")
        first = await api.call("GET", "/admin/users?limit=1&status=active", headers=root)
        cursor = first.json()["next_cursor"]

        for query in queries:
            path = f"/admin/users?limit=1&{query}&cursor={cursor}"
            answer = await api.call("GET", path, headers=root)
            assert answer.status_code == (200 if query == "status=active" else 400)

    @pytest.mark.parametrize("query", ["status=gone", "limit=0", "limit=101", "status=a&status=b"])
    async def test_az_10_refuses_values_off_the_list(self, api: Api, query: str) -> None:
        root = await people(api)

        answer = await api.call("GET", f"/admin/users?{query}", headers=root)

        assert answer.status_code in {400, 422}

    async def test_az_11_shows_no_secret_anywhere(self, api: Api) -> None:
        """AZ-11, P103, P109: every GET of administration, with a canary in each secret."""
        root = await people(api)
        ann = await api.container.find_user()(reference="ann")
        made = await api.container.make_api_key()(
            owner=ann.id, name="x", scopes=("account:read",), lifetime=timedelta(days=1)
        )
        signed_in = await api.sign_in("ann")
        token = signed_in["Authorization"].split(".")[-1]
        canaries = (str(ann.password), PASSWORD, made.secret[8:], made.key.digest, token)

        for method, path, _ in admin_routes():
            if method == "GET":
                answer = await api.call(method, path.replace("{id}", ann.id), headers=root)
                assert not any(canary in answer.text for canary in canaries), path
        mine = await api.call("GET", "/users/me/api-keys", headers=signed_in)
        assert made.key.id in mine.text
        assert not any(canary in mine.text for canary in canaries)


class TestMaking:
    async def test_az_08_lets_the_owner_choose_the_password(self, stored_api: Api) -> None:
        """AZ-08: by mail; the administrator never has one."""
        api = stored_api
        root = await api.administrator()
        body = {"email": "new@example.com", "username": "newcomer", "full_name": "New Comer"}

        made = await api.call("POST", "/admin/users", headers=root, json=body)

        assert made.status_code == 201
        assert made.json() | body == made.json()
        mail = await api.mail()
        assert mail.to == "new@example.com"
        user = await api.container.find_user()(reference="newcomer")
        assert user.password is None

    async def test_works_where_registration_is_closed_and_not_with_taken_names(
        self, api: Api
    ) -> None:
        root = await api.administrator()
        await api.register("taken", email="taken@example.com")

        for body, code in (
            ({"email": "taken@example.com"}, "email_taken"),
            ({"email": "x@example.com", "username": "Taken"}, "username_taken"),
        ):
            answer = await api.call("POST", "/admin/users", headers=root, json=body)
            assert (answer.status_code, answer.json()["code"]) == (409, code)
        answer = await api.call("POST", "/admin/users", headers=root, json={"username": "x"})
        assert answer.status_code == 422


class TestRequiredReset:
    async def test_az_08_ends_what_there_was_and_writes_to_the_owner(self, stored_api: Api) -> None:
        """AZ-08, RC-06."""
        api = stored_api
        root = await api.administrator()
        bob = await api.register("bob", email="bob@example.com")
        before = await api.sign_in("bob")
        await api.delivered()

        path = f"/admin/users/{bob['id']}/require-password-reset"
        assert (await api.call("POST", path, headers=root)).status_code == 200

        assert (await api.me(before)).status_code == 401
        credentials = {"login": "bob", "password": PASSWORD}
        assert (await api.call("POST", "/sessions", json=credentials)).status_code == 401
        assert (await api.mail()).to == "bob@example.com"

    async def test_is_refused_where_nobody_can_be_written_to(self, api: Api) -> None:
        root = await api.administrator()
        bob = await api.register("bob")

        path = f"/admin/users/{bob['id']}/require-password-reset"
        answer = await api.call("POST", path, headers=root)

        assert (answer.status_code, answer.json()["code"]) == (409, "no_email_address")
        assert await api.sign_in("bob")


class TestErasing:
    async def test_refuses_now_and_erases_soon(self, stored_api: Api) -> None:
        """SE-05: without a time to think it over, and without the former way back."""
        api = stored_api
        root = await api.administrator()
        bob = await api.register("bob", email="bob@example.com")
        headers = await api.sign_in("bob")

        answer = await api.call("DELETE", f"/admin/users/{bob['id']}", headers=root)

        assert answer.status_code == 202
        assert (await api.me(headers)).status_code == 401
        await api.container.erase_due()()
        api.clock.advance(minutes=16)
        await api.container.erase_due()()
        again = await api.sign_in("annabel")
        gone = await api.call("GET", f"/admin/users/{bob['id']}", headers=again)
        assert gone.status_code == 404


class TestSessions:
    async def test_are_shown_and_ended(self, api: Api) -> None:
        root = await api.administrator()
        bob = await api.somebody("bob")
        id_ = (await api.me(bob)).json()["id"]
        path = f"/admin/users/{id_}/sessions"

        shown = await api.call("GET", path, headers=root)
        ended = await api.call("DELETE", path, headers=root)

        assert [it["current"] for it in shown.json()["items"]] == [False]
        assert ended.status_code == 204
        assert (await api.me(bob)).status_code == 401
        assert await api.sign_in("bob")

    @pytest.mark.parametrize("method", ["GET", "DELETE"])
    async def test_of_nobody_are_not_found(self, api: Api, method: str) -> None:
        root = await api.administrator()

        for id_ in ("x", "00000000-0000-7000-8000-ffffffffffff"):
            answer = await api.call(method, f"/admin/users/{id_}/sessions", headers=root)
            assert answer.status_code == 404
