"""IN-10, IN-19: a role that nobody can have defined is not there, however it is called."""

from urllib.parse import quote

import pytest

from hexkey.domain.access import MAX_ROLE_LENGTH
from tests.support.api import Api

pytestmark = pytest.mark.anyio

NAMES = ["x" * (MAX_ROLE_LENGTH + 1), "x" * 2000, "Admin", "a b", "ä", "%", "-", "unheard-of"]


class TestRoleThatIsNone:
    @pytest.mark.parametrize("name", [*NAMES, "a\0b", "\x1f", "a\nb"])
    async def test_in_10_cannot_be_given(self, stored_api: Api, name: str) -> None:
        bob = await stored_api.register("bob")
        root = await stored_api.administrator()
        path = f"/admin/users/{bob['id']}/roles/{quote(name, safe='')}"

        given = await stored_api.call("PUT", path, headers=root)
        taken = await stored_api.call("DELETE", path, headers=root)

        assert given.status_code in {400, 404}, given.text
        assert taken.status_code in {200, 400}, taken.text

    @pytest.mark.parametrize("name", NAMES)
    async def test_in_10_is_refused_in_bodies(self, stored_api: Api, name: str) -> None:
        bob = await stored_api.register("bob")
        root = await stored_api.administrator()
        path, body = f"/admin/users/{bob['id']}", {"roles": [name]}

        edited = await stored_api.call("PATCH", path, headers=root, json=body)
        invited = await stored_api.call(
            "POST", "/admin/users", headers=root, json={"email": "c@example.com", **body}
        )

        assert edited.status_code in {404, 422}, edited.text
        assert invited.status_code in {404, 422}, invited.text
