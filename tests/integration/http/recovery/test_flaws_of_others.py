"""What other servers got wrong in these flows, tried here (the P-numbers of the threat list)."""

import re
from dataclasses import replace
from itertools import product
from typing import ClassVar

import pytest
from fastapi.routing import APIRoute

from tests.support.api import PASSWORD, Api
from tests.support.mails import token_in
from tests.support.recovering import reset, reset_mail, signs_in, verified

pytestmark = pytest.mark.anyio

OTHER = "bob@example.com"


class TestRecovery:
    async def test_p56_does_not_take_the_proof_of_one_for_another(self, api: Api) -> None:
        """P56: the code and the flow of one user, with the address of another."""
        await verified(api)
        await verified(api, "bob")
        asked = await api.call("POST", "/password-resets", json={"email": "alice@example.com"})
        code = _code_in((await api.mail()).text)

        stolen = await reset(api, email=OTHER, code=code, flow=asked.json()["flow"])
        own = await reset(api, email="alice@example.com", code=code, flow=asked.json()["flow"])

        assert (stolen.status_code, own.status_code) == (400, 204)
        assert await signs_in(api, "bob", PASSWORD)

    @pytest.mark.parametrize("pruned", [False, True])
    async def test_p58_rc_10_expires_with_and_without_the_pruning(
        self, api: Api, pruned: bool
    ) -> None:
        """P58: a link is refused because it is old, not because it was swept away."""
        await verified(api)
        token = token_in(await reset_mail(api))
        api.clock.advance(minutes=30)
        if pruned:
            await api.container.prune_expired()()

        assert (await reset(api, token=token)).status_code == 400
        assert await signs_in(api, "alice", PASSWORD)


class TestSettings:
    NEW: ClassVar = {"email": "mallory@example.com"}

    async def test_p59_are_not_changed_by_strangers(self, api: Api) -> None:
        """P59: neither without a session, nor with another's, nor by an address in the body."""
        await verified(api)
        alice = (await api.me(await api.sign_in("alice"))).json()
        mallory = await api.somebody("mallory")
        body = {**self.NEW, "id": alice["id"], "user_id": alice["id"], "username": "alice"}

        for path in ("/users/me/email", f"/users/{alice['id']}/email", "/users/me"):
            for method, headers in product(("POST", "PUT", "PATCH"), ({}, mallory)):
                await api.call(method, path, json=body, headers=headers)
                await api.call(method, path, json=self.NEW, headers=headers)
        by_email = {"email": "alice@example.com", "new_email": self.NEW["email"]}
        for path in ("/email-changes/confirm", "/email-changes/undo", "/email-verifications"):
            await api.call("POST", path, json=by_email)

        assert (await api.me(await api.sign_in("alice"))).json() == alice
        assert [it.to for it in await api.delivered() if it.to == "alice@example.com"] == []


class TestSetUp:
    async def test_rc_16_p60_is_for_the_command_line_only_whoever_has_gone(self, api: Api) -> None:
        """RC-16: without any administrator no request makes one, whatever it says."""
        headers = await api.administrator()
        account = (await api.me(headers)).json()
        await self._leave_no_administrator(api)
        caller = await api.somebody("mallory")
        claims = {"role": "admin", "roles": ["admin"], "is_admin": True}

        for method, path in self._routes(api):
            for body, sender in product((claims, {}), (caller, headers, {})):
                await api.call(method, path, json=body, headers=sender)

        assert (await api.me(caller)).json()["roles"] == []
        assert (await api.me(headers)).json()["roles"] == []
        assert (await api.call("GET", "/admin/users", headers=headers)).status_code == 403
        assert account["roles"] == ["admin"]

    @staticmethod
    async def _leave_no_administrator(api: Api) -> None:
        committed = api.container.store().committed
        for user in list(committed.users.values()):
            committed.put_user(replace(user, roles=frozenset(), version=user.version + 1))
            api.container.signed_in().announce(user.id)

    @staticmethod
    def _routes(api: Api) -> list[tuple[str, str]]:
        """Every call that could change something; those that end the callers' sessions last."""
        found = [
            (method, re.sub(r"\{\w+\}", "0198c0de-0000-7000-8000-000000000001", route.path))
            for route in api.app.routes
            if isinstance(route, APIRoute)
            for method in sorted(route.methods or ())
        ]
        return [(method, path) for method, path in found if method != "DELETE"]


def _code_in(text: str) -> str:
    found = re.search(r"\b\d{6}\b|\b\d{3} \d{3}\b", text)
    assert found is not None
    return found.group().replace(" ", "")
