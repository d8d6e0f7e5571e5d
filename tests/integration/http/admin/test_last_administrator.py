"""AZ-06, RA-04: however it is tried, an administrator is left."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from hexkey.domain.access import ADMIN
from hexkey.domain.accounts.user import LastAdministrator
from hexkey.domain.identifiers import UserId
from tests.support.api import PASSWORD, Answer, Api, Headers
from tests.support.life_flows import Somebody
from tests.support.mails import token_in
from tests.support.recovering import reset, signs_in, verified

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


async def promoted(api: Api, account: dict[str, Any]) -> UserId:
    """The same account, which holds the role."""
    id_ = UserId(account["id"])
    await api.container.grant_role()(user=id_, role=ADMIN)
    return id_


async def by_address_alone(api: Api, email: str) -> tuple[UserId, str]:
    """An administrator without a user name or a proved address, and what the mail disowns it by."""
    account = await api.register(None, email=email)
    token = token_in(await api.mail())
    return await promoted(api, account), token


async def administrators(api: Api) -> set[UserId]:
    page = await api.container.users().page(after=None, limit=10)
    return {user.id for user in page.users if user.can_administer}


class TestMailedLink:
    """AZ-06: links need no session, and end what they end for whoever has them."""

    async def test_az_06_disowns_no_last_administrator(self, stored_api: Api) -> None:
        """AZ-06: by the API and by the page, and the account stays exactly as it was."""
        last, token = await by_address_alone(stored_api, "root@example.com")
        me = await stored_api.sign_in("root@example.com")
        before = (await stored_api.me(me)).json()

        call = await stored_api.call("POST", "/email-verifications/disown", json={"token": token})
        page = await stored_api.call(
            "POST",
            "/account/disown-email",
            data={"token": token},
            headers={"Sec-Fetch-Site": "same-origin"},
        )

        assert (call.status_code, call.json()["code"]) == (409, "last_administrator")
        assert page.status_code == 409
        assert (await stored_api.me(me)).json() == before
        assert await administrators(stored_api) == {last}

    async def test_az_06_disowns_one_of_two(self, api: Api) -> None:
        """AZ-06: the refused link is not spent, either."""
        _, token = await by_address_alone(api, "root@example.com")
        body = {"token": token}
        assert (await api.call("POST", "/email-verifications/disown", json=body)).status_code == 409
        other, _ = await an_administrator(api, "annabel")

        answer = await api.call("POST", "/email-verifications/disown", json=body)

        assert answer.status_code == 204
        assert await administrators(api) == {other}

    async def test_az_06_disowns_the_address_of_who_has_a_name(self, api: Api) -> None:
        """AZ-06: the last administrator still has a way in."""
        account = await api.register("annabel", email="annabel@example.com")
        token = token_in(await api.mail())
        last = await promoted(api, account)

        answer = await api.call("POST", "/email-verifications/disown", json={"token": token})

        assert answer.status_code == 204
        assert await administrators(api) == {last}
        assert await signs_in(api, "annabel", PASSWORD)

    async def test_az_06_takes_no_address_from_the_last_administrator(
        self, stored_api: Api
    ) -> None:
        """AZ-06: who takes an address back does not erase whoever has only that one."""
        ann = Somebody(stored_api, "ann")
        undo = await ann.changed()
        stored_api.clock.advance(minutes=2)
        last, _ = await by_address_alone(stored_api, ann.address)

        answer = await stored_api.call("POST", "/email-changes/undo", json={"token": undo})

        assert (answer.status_code, answer.json()["code"]) == (409, "last_administrator")
        assert await administrators(stored_api) == {last}
        assert (await stored_api.me(ann.headers)).json()["email"] == f"new-{ann.address}"
        await an_administrator(stored_api, "annabel")
        again = await stored_api.call("POST", "/email-changes/undo", json={"token": undo})
        assert again.status_code == 204

    async def test_az_06_gives_the_last_administrator_back_to_the_owner(
        self, stored_api: Api
    ) -> None:
        """AZ-06, RC-12: without a password for a moment, but never without a way to one."""
        ann = Somebody(stored_api, "ann")
        undo = await ann.changed()
        last = await promoted(stored_api, ann.account)
        await stored_api.delivered()

        answer = await stored_api.call("POST", "/email-changes/undo", json={"token": undo})

        assert answer.status_code == 204
        assert await administrators(stored_api) == {last}
        chosen = [it for it in await stored_api.delivered() if it.to == ann.address]
        assert (await reset(stored_api, token=token_in(chosen[-1]))).status_code == 204
        assert await administrators(stored_api) == {last}

    async def test_az_06_lets_an_administrator_stay_who_wanted_to_leave(self, api: Api) -> None:
        """AZ-06: who is leaving is none that is left; who stays is one again."""
        other, by_other = await an_administrator(api, "annabel")
        ann = await promoted(api, await verified(api, "ann"))
        await api.delivered()
        leaving = await api.sign_in("ann")
        assert (await api.call("DELETE", "/users/me", headers=leaving)).status_code == 202
        token = token_in(await api.mail())
        away = f"/admin/users/{other}/roles/admin"
        assert (await api.call("DELETE", away, headers=by_other)).status_code == 409

        body = {"token": token}
        answer = await api.call("POST", "/account-restorations/confirm", json=body)

        assert answer.status_code == 204
        assert await administrators(api) == {ann, UserId(other)}
        assert (await api.call("DELETE", away, headers=by_other)).status_code == 200
