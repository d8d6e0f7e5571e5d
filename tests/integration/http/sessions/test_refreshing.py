"""TK: a refresh token is good once, a repeat is answered alike, and reuse ends the session."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import event

from hexkey.domain.access import ADMIN
from hexkey.domain.identifiers import SessionId
from hexkey.domain.sessions.session import Session
from tests.support.api import PASSWORD, Api, an_api
from tests.support.devices import Device, a_device, a_new_device, tokens_of
from tests.support.jose import read

pytestmark = pytest.mark.anyio


async def stored(api: Api, id: str) -> Session:
    """The session as it stands in the store, whatever anybody remembers."""
    async with api.container.store().begin() as transaction:
        session: Session | None = await transaction.sessions.find(SessionId(id))
    assert session is not None
    return session


def code_of(answer: object) -> str:
    return str(answer.json()["code"])  # type: ignore[attr-defined]  # of httpx2


class TestTokenResponse:
    @pytest.mark.parametrize("lifetime", [10, 300, 900])
    async def test_tk_01_expires_when_the_token_says(self, lifetime: int) -> None:
        """TK-01: `expires_in` equals `exp - iat`, at sign-in, for the form and after a refresh."""
        async with an_api(access_token_ttl=lifetime) as api:
            device = await a_new_device(api)
            form = {"username": "alice", "password": PASSWORD}
            answers = [
                await api.call("POST", "/sessions", json={"login": "alice", "password": PASSWORD}),
                await api.call("POST", "/token", data=form),
                await device.present(),
            ]

        assert [it.status_code for it in answers] == [201, 200, 200]
        for body in (it.json() for it in answers):
            _, claims = read(body["access_token"])
            assert body["expires_in"] == claims["exp"] - claims["iat"] == lifetime
            assert claims["sid"] == body["session_id"]

    async def test_tk_01_expires_with_the_session_at_the_latest(self) -> None:
        """TK-01, SE-04: who verifies offline must not believe a session beyond its end."""
        async with an_api(refresh_token_ttl=7200, refresh_token_idle=7200) as api:
            device = await a_new_device(api)
            api.clock.advance(seconds=7100)

            body = (await device.present()).json()

        _, claims = read(body["access_token"])
        assert body["expires_in"] == claims["exp"] - claims["iat"] == 100

    async def test_is_for_no_cache(self, api: Api) -> None:
        """RFC 6749 §5.1."""
        device = await a_new_device(api)

        answer = await device.present()

        assert answer.headers["Cache-Control"] == "no-store"
        assert set(answer.json()) == {
            *("access_token", "token_type", "expires_in", "refresh_token", "scope", "session_id"),
        }

    async def test_tk_07_keeps_the_scopes_of_the_sign_in(self) -> None:
        async with an_api(scopes=("openid", "notes:read")) as api:
            await api.register()
            form = {"username": "alice", "password": PASSWORD, "scope": "notes:read"}
            first = (await api.call("POST", "/token", data=form)).json()
            body = {"refresh_token": first["refresh_token"]}

            after = (await api.call("POST", "/sessions/refresh", json=body)).json()

        assert first["scope"] == after["scope"] == "notes:read"


class TestRefresh:
    async def test_tk_02_gives_new_tokens_each_time(self, any_api: Api) -> None:
        """TK-02, SE-02."""
        device = await a_new_device(any_api)
        seen = {device.refresh, device.access}

        for _ in range(5):
            any_api.clock.advance(minutes=15)
            await device.renew()
            assert await device.is_in()
            seen |= {device.refresh, device.access}

        assert len(seen) == 12

    async def test_tk_02_reuse_ends_the_session_although_the_answer_is_an_error(
        self, any_api: Api
    ) -> None:
        """TK-02, P20 (supabase/auth #1312): committed before the refusal; look at the store."""
        device, other = await a_new_device(any_api), await a_device(any_api)
        stolen = await device.renew()
        await device.renew()
        any_api.clock.advance(seconds=11)

        answer = await device.present(stolen)

        assert (answer.status_code, code_of(answer)) == (401, "refresh_token_reused")
        assert (await stored(any_api, device.id)).ended_at == any_api.clock.now()
        assert await device.is_over()
        assert code_of(await device.present(stolen)) == "invalid_refresh_token"
        assert await other.is_in()

    @pytest.mark.parametrize(("seconds", "status"), [(9, 200), (11, 401)])
    async def test_tk_03_repeats_its_answer_for_ten_seconds(
        self, any_api: Api, seconds: int, status: int
    ) -> None:
        """TK-03: also when the successor has been used in the meantime; never a fork."""
        device = await a_new_device(any_api)
        spent = await device.renew()
        await device.renew()
        any_api.clock.advance(seconds=seconds)

        answer = await device.present(spent)

        assert answer.status_code == status
        if status == 200:
            assert tokens_of(answer)[1] == device.refresh
        assert await device.is_in() == (status == 200)

    async def test_tk_03_of_fifty_at_once_is_one(self, any_api: Api) -> None:
        """TK-03, P17: one live leaf, and no innocent is signed out."""
        device = await a_new_device(any_api)

        answers = await asyncio.gather(*(device.present() for _ in range(50)))

        assert {it.status_code for it in answers} == {200}
        assert len({tokens_of(it)[1] for it in answers}) == 1
        assert (await stored(any_api, device.id)).refresh.live == 2
        device.access, device.refresh = tokens_of(answers[-1])
        await device.renew()
        assert await device.is_in()

    @pytest.mark.parametrize(("seconds", "status"), [(11, 200), (299, 200), (301, 401)])
    async def test_tk_04_survives_a_lost_answer(
        self, any_api: Api, seconds: int, status: int
    ) -> None:
        """TK-04: the successor was never used; FAPI 2.0 wants it, and it has an end."""
        device = await a_new_device(any_api)
        lost = tokens_of(await device.present())[1]
        any_api.clock.advance(seconds=seconds)

        answer = await device.present()

        assert answer.status_code == status
        if status == 200:
            assert tokens_of(answer)[1] == lost

    async def test_tk_05_stays_spent_on_another_instance(self, two_apis: tuple[Api, Api]) -> None:
        """TK-05, P21: what one has spent, the other does not rotate."""
        one, two = two_apis
        device = await a_new_device(one)
        spent = await device.renew()
        await device.renew()
        one.clock.advance(seconds=11)

        assert code_of(await device.present(spent, at=two)) == "refresh_token_reused"
        assert await device.is_over(at=one)

    async def test_tk_05_stays_spent_after_a_restart_and_when_the_clock_is_set_back(
        self, database_url: str
    ) -> None:
        """TK-05, P21."""
        async with an_api(database_url=database_url) as before:
            device = await a_new_device(before)
            spent = await device.renew()
            await device.renew()
        async with an_api(database_url=database_url) as after:
            after.clock.advance(hours=-1)

            assert code_of(await device.present(spent, at=after)) == "refresh_token_reused"

    async def test_asks_two_things_of_the_store(self, database_url: str) -> None:
        """A read and a compare-and-set, which takes its event along; figures depend on it."""
        async with an_api(database_url=database_url) as api:
            device = await a_new_device(api)
            await api.fall_silent()
            spoken: list[str] = []
            note_statements(api, spoken)

            await device.renew()
            asked = [it.split()[0] for it in spoken]  # what comes later is said in closing

        one_process = api.container.engine().dialect.name == "sqlite"
        spent = ["BEGIN", "UPDATE", "INSERT"] if one_process else ["WITH"]
        assert asked == ["SELECT", *spent], spoken


class TestRefreshedUser:
    async def test_tk_06_is_looked_at_each_time(self, any_api: Api) -> None:
        """TK-06, SE-05, P43: whoever is disabled refreshes nothing, also after being enabled."""
        user = await any_api.register()
        device = await a_device(any_api)
        await any_api.disable(user["id"])

        assert code_of(await device.present()) == "invalid_refresh_token"

        await any_api.container.enable_user()(user=user["id"])
        assert await device.is_over()

    async def test_tk_06_gets_the_roles_of_now(self, any_api: Api) -> None:
        """TK-06, P46: a new role is in the next token."""
        user = await any_api.register()
        device = await a_device(any_api)
        assert read(device.access)[1]["roles"] == []
        await any_api.container.grant_role()(user=user["id"], role=ADMIN)

        await device.renew()

        assert read(device.access)[1]["roles"] == ["admin"]


class TestWhatIsNoRefreshToken:
    @pytest.mark.parametrize(
        "junk", ["", "x", "hxk_rt_", "hxk_rt_" + "A" * 76, "hxk_rt_" + "é" * 76, "x" * 5000]
    )
    async def test_is_refused_alike(self, api: Api, junk: str) -> None:
        device = await a_new_device(api)

        body = {"refresh_token": junk}
        answer = await api.call("POST", "/sessions/refresh", json=body)

        assert (answer.status_code, code_of(answer)) == (401, "invalid_refresh_token")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert await device.is_in()

    async def test_is_an_access_token(self, api: Api) -> None:
        device = await a_new_device(api)

        assert code_of(await device.present(device.access)) == "invalid_refresh_token"
        assert (await api.me({"Authorization": f"Bearer {device.refresh}"})).status_code == 401

    async def test_se_01_is_one_with_any_character_changed(self, api: Api) -> None:
        """SE-01, CR-02: nobody can make one from one, or from the id of a session."""
        device = await a_new_device(api)
        for place in range(len("hxk_rt_"), len(device.refresh)):
            other = "A" if device.refresh[place] != "A" else "B"
            changed = device.refresh[:place] + other + device.refresh[place + 1 :]
            assert code_of(await device.present(changed)) == "invalid_refresh_token"

        assert code_of(await device.present(device.id)) == "invalid_refresh_token"
        await device.renew()

    async def test_is_one_of_another_deployment(self, api: Api) -> None:
        device = await a_new_device(api)
        async with an_api(master_secret="another-secret-for-tests-0123456789-xyz") as elsewhere:
            assert code_of(await device.present(at=elsewhere)) == "invalid_refresh_token"


class TestTooManyRefreshes:
    async def test_are_refused_without_a_loss(self, api: Api) -> None:
        """A client in a loop learns when to go on, and stays signed in."""
        device = await a_new_device(api)
        for _ in range(16):
            await device.renew()

        answer = await device.present()

        assert (answer.status_code, code_of(answer)) == (429, "too_many_refreshes")
        api.clock.advance(seconds=int(answer.headers["Retry-After"]))
        await device.renew()
        assert await device.is_in()


def note_statements(api: Api, spoken: list[str]) -> None:
    """Write into `spoken` what the application says to its database from now on."""
    engine = api.container.engine().sync_engine

    @event.listens_for(engine, "before_cursor_execute")
    def note(_: object, __: object, statement: str, *___: object) -> None:
        spoken.append(statement)


async def test_lifetimes_are_those_of_the_decision(api: Api) -> None:
    """D9: 14 days idle, 30 days in any case."""
    device: Device = await a_new_device(api)
    session = await stored(api, device.id)

    assert session.idle_until - session.created_at == timedelta(days=14)
    assert session.expires_at - session.created_at == timedelta(days=30)
