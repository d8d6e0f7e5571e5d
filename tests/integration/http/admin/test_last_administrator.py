"""AZ-06, RA-04: however it is tried, an administrator is left."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from hexkey.domain.access import ADMIN
from hexkey.domain.accounts.user import LastAdministrator
from hexkey.domain.identifiers import UserId
from tests.support.api import Answer, Api, Headers

pytestmark = pytest.mark.anyio

Way = Callable[[Api, Headers, str], Awaitable[Answer]]


def calling(method: str, path: str, **how: object) -> Way:
    async def way(api: Api, headers: Headers, target: str) -> Answer:
        return await api.call(method, path.replace("{id}", target), headers=headers, **how)

    return way


WAYS: dict[str, Way] = {
    "disabling": calling("POST", "/admin/users/{id}/disable"),
    "disabling by PATCH": calling("PATCH", "/admin/users/{id}", json={"status": "disabled"}),
    "demoting": calling("DELETE", "/admin/users/{id}/roles/admin"),
    "demoting by PATCH": calling("PATCH", "/admin/users/{id}", json={"roles": []}),
    "erasing": calling("DELETE", "/admin/users/{id}"),
    "making the password worthless": calling("POST", "/admin/users/{id}/require-password-reset"),
}


async def an_administrator(api: Api, name: str) -> tuple[str, Headers]:
    headers = await api.administrator(name)
    user = (await api.me(headers)).json()
    return user["id"], headers


class TestLastAdministrator:
    @pytest.mark.parametrize("way", WAYS)
    async def test_az_06_is_not_removed_by_themselves(self, stored_api: Api, way: str) -> None:
        """AZ-06: and stays exactly as they were."""
        user = await stored_api.register("annabel", email="annabel@example.com")
        await stored_api.container.grant_role()(user=UserId(user["id"]), role=ADMIN)
        me = await stored_api.sign_in("annabel")
        before = (await stored_api.me(me)).json()

        answer = await WAYS[way](stored_api, me, before["id"])

        assert (answer.status_code, answer.json()["code"]) == (409, "last_administrator")
        assert (await stored_api.me(me)).json() == before

    async def test_az_06_does_not_delete_their_own_account(self, api: Api) -> None:
        """AZ-06."""
        _, me = await an_administrator(api, "annabel")

        answer = await api.call("DELETE", "/users/me", headers=me)

        assert (answer.status_code, answer.json()["code"]) == (409, "last_administrator")

    async def test_az_06_is_kept_by_commands_too(self, api: Api) -> None:
        """AZ-06: an operator makes another one first."""
        id_, _ = await an_administrator(api, "annabel")
        c, user = api.container, UserId(id_)

        for deed in (
            c.disable_user()(user=user),
            c.erase_user()(user=user),
            c.revoke_role()(user=user, role=ADMIN),
            c.schedule_deletion()(user=user),
        ):
            with pytest.raises(LastAdministrator):
                await deed

    @pytest.mark.parametrize("way", WAYS)
    async def test_az_06_goes_when_there_is_another(self, api: Api, way: str) -> None:
        """AZ-06."""
        user = await api.register("bob", email="bob@example.com")
        await api.container.grant_role()(user=UserId(user["id"]), role=ADMIN)
        _, me = await an_administrator(api, "annabel")

        assert (await WAYS[way](api, me, user["id"])).status_code in {200, 202}

    @pytest.mark.parametrize("way", WAYS)
    async def test_ra_04_is_one_of_two_who_remove_each_other(
        self, stored_api: Api, way: str
    ) -> None:
        """RA-04: at the same instant, on both databases."""
        names = ("annabel", "berta")
        pair = []
        for name in names:
            user = await stored_api.register(name, email=f"{name}@example.com")
            await stored_api.container.grant_role()(user=UserId(user["id"]), role=ADMIN)
            pair.append((user["id"], await stored_api.sign_in(name)))
        (one, by_one), (other, by_other) = pair

        answers = await asyncio.gather(
            WAYS[way](stored_api, by_one, other), WAYS[way](stored_api, by_other, one)
        )

        done = [it for it in answers if it.status_code < 300]
        assert len(done) <= 1, [it.text for it in answers]
        assert {it.status_code for it in answers} <= {200, 202, 401, 403, 409, 503}
        page = await stored_api.container.users().page(after=None, limit=10)
        assert sum(user.can_administer for user in page.users) == 2 - len(done)
