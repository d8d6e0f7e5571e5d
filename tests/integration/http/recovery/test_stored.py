"""RC-02, RC-03 on both databases: what is used at the same time is used once."""

from collections.abc import AsyncIterator

import anyio
import pytest

from tests.support.api import PASSWORD, Api, an_api
from tests.support.mails import code_in, token_in
from tests.support.recovering import ADDRESS, NEW_PASSWORD, ask, confirm, reset, verified

pytestmark = pytest.mark.anyio

AT_ONCE = 50


@pytest.fixture
async def stored_api(database_url: str) -> AsyncIterator[Api]:
    """On SQLite and on PostgreSQL in turn."""
    async with an_api(database_url=database_url) as api:
        yield api


class TestStored:
    async def test_rc_02_a_link_is_used_once(self, stored_api: Api) -> None:
        """RC-02: 50 at a time."""
        api = stored_api
        await verified(api)
        await ask(api, "/password-resets")
        token = token_in(await api.mail())
        statuses: list[int] = []

        async def try_it(number: int) -> None:
            answer = await reset(api, token=token, new_password=f"{NEW_PASSWORD} {number}")
            statuses.append(answer.status_code)

        async with anyio.create_task_group() as group:
            for number in range(AT_ONCE):
                group.start_soon(try_it, number)

        assert statuses.count(204) == 1
        assert set(statuses) <= {204, 400, 503}

    async def test_rc_14_tries_are_counted_also_at_once(self, stored_api: Api) -> None:
        """RC-14: 50 wrong codes at a time leave none for the right one."""
        api = stored_api
        await verified(api)
        flow = (await ask(api, "/password-resets")).json()["flow"]
        mail = await api.mail()
        code = code_in(mail)
        wrong = [f"{number:06}" for number in range(AT_ONCE) if f"{number:06}" != code]

        async def try_it(code: str) -> None:
            answer = await reset(api, email=ADDRESS, code=code, flow=flow)
            assert answer.status_code in {400, 503}

        async with anyio.create_task_group() as group:
            for it in wrong:
                group.start_soon(try_it, it)

        late = await reset(api, email=ADDRESS, code=code, flow=flow)
        assert late.status_code == 400
        assert (await reset(api, token=token_in(mail))).status_code == 204

    async def test_every_flow_leaves_what_a_database_can_keep(self, stored_api: Api) -> None:
        """From registration to erasure, with every kind of mail in between."""
        api = stored_api
        body = {"username": "alice", "email": ADDRESS, "password": PASSWORD}
        assert (
            await api.call("POST", "/users", json=body, headers={"Accept-Language": "de"})
        ).is_success
        mail = await api.mail()
        assert "Adresse" in mail.text
        assert (await confirm(api, token=token_in(mail))).status_code == 204
        headers = await api.sign_in()
        await ask(api, "/users/me/email", "new@example.com", headers=headers)
        change = {"token": token_in(await api.mail())}
        assert (await api.call("POST", "/email-changes/confirm", json=change)).status_code == 204
        told = {it.to: it for it in await api.delivered()}
        undo = {"token": token_in(told[ADDRESS])}
        assert (await api.call("POST", "/email-changes/undo", json=undo)).status_code == 204
        (mail,) = [it for it in await api.delivered() if "hxk_ot_" in it.text]
        assert (await reset(api, token=token_in(mail))).status_code == 204
        headers = await api.sign_in("alice", NEW_PASSWORD)
        await api.delivered()
        assert (await api.call("DELETE", "/users/me", headers=headers)).status_code == 202
        restore = {"token": token_in(await api.mail())}
        assert (
            await api.call("POST", "/account-restorations/confirm", json=restore)
        ).status_code == 204
        document = (await api.call("GET", "/users/me/export", headers=headers)).json()
        assert len(document["tokens"]) >= 4
        await api.call("DELETE", "/users/me", headers=headers)
        api.clock.advance(days=15)
        await api.container.erase_due()()
        api.clock.advance(hours=1)
        assert await api.container.erase_due()() == 1
        assert (await api.call("GET", f"/users/{document['user']['id']}")).status_code == 404
