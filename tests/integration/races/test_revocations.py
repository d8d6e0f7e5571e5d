"""SE-03, SE-05, P21, P43 … P46, P52: what was ended somewhere is refused everywhere in a second."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import delete

from hexkey.adapters.sql.store import SqlStore
from hexkey.adapters.sql.tables import users
from hexkey.domain.sessions.refresh_token import RefreshChain
from tests.integration.races.conftest import Served
from tests.support.faults_families import TOKENS, Client, engine_of, settings_for, signed_in, stored
from tests.support.faults_http import ask, eventually, refresh, whoami
from tests.support.faults_people import PASSWORD, Person
from tests.support.server import free_port, run_program, running_server

pytestmark = pytest.mark.anyio

BOUND = 1.0  # second
LOOKS = 12  # of a single worker, so that both workers are met for sure (1 − 2⁻¹¹)


async def believed_everywhere(served: Served, access_token: str) -> None:
    """Both workers and the other instance have it in their memory from now on."""
    looks = [whoami(port, access_token) for port in served.ports * LOOKS]
    assert set(await asyncio.gather(*looks)) == {200}


async def seconds_until_refused(served: Served, access_token: str) -> float:
    """How long anybody believes it still; then nobody does any more."""
    begun, last_believed = time.monotonic(), 0.0
    while time.monotonic() - begun < BOUND + 1:
        looked = time.monotonic() - begun
        looks = [whoami(port, access_token) for port in served.ports * 4]
        if 200 in await asyncio.gather(*looks):
            last_believed = looked
        elif looked > BOUND:
            break
    return last_believed


class TestAnEndedSession:
    async def test_se_03_p44_is_refused_everywhere_within_a_second(self, served: Served) -> None:
        person = await Person.registered(served.port)
        signed_in_here = await person.sign_in(served.port)
        await believed_everywhere(served, signed_in_here.access_token)

        left = await ask(
            served.port, "DELETE", "/sessions/current", token=signed_in_here.access_token
        )

        assert left.status == 204
        assert await seconds_until_refused(served, signed_in_here.access_token) < BOUND
        for port in served.ports:
            assert (await refresh(port, signed_in_here.refresh_token)).status == 401

    async def test_se_03_ended_by_its_id_is_refused_everywhere(self, served: Served) -> None:
        person = await Person.registered(served.port)
        here, there = [await person.sign_in(port) for port in served.ports]
        await believed_everywhere(served, there.access_token)

        path = f"/sessions/{there.session}"
        ended = await ask(served.port, "DELETE", path, token=here.access_token)

        assert ended.status == 204
        assert await seconds_until_refused(served, there.access_token) < BOUND
        assert await whoami(served.port, here.access_token) == 200


class TestADisabledUser:
    async def test_se_05_p43_p46_is_refused_everywhere_within_a_second(
        self, served: Served, tmp_path: Path
    ) -> None:
        """By a command, which is a process of its own: access and refresh tokens are dead."""
        person = await Person.registered(served.port)
        signed_in_here = await person.sign_in(served.port)
        await believed_everywhere(served, signed_in_here.access_token)

        command = ("users", "disable", person.name)
        done = await asyncio.to_thread(run_program, *command, folder=tmp_path, env=served.env)

        assert done.returncode == 0, done.stderr
        assert await seconds_until_refused(served, signed_in_here.access_token) < BOUND
        assert (await refresh(served.port, signed_in_here.refresh_token)).status == 401
        assert (await person.try_to_sign_in(served.port)).status == 401


class TestAChangedPassword:
    async def test_p45_rc_06_ends_every_other_session(self, served: Served) -> None:
        person = await Person.registered(served.port)
        mine, stolen = [await person.sign_in(port) for port in served.ports]
        await believed_everywhere(served, stolen.access_token)

        changed = await person.change_password(served.port, mine.access_token)

        assert changed.status == 204
        assert await seconds_until_refused(served, stolen.access_token) < BOUND
        for port in served.ports:
            assert (await refresh(port, stolen.refresh_token)).status == 401
        assert (await refresh(served.port, mine.refresh_token)).status == 200


class TestADeletedUser:
    async def test_p52_leaves_no_session_behind(self, served: Served) -> None:
        person = await Person.registered(served.port)
        left = await person.sign_in(served.port)

        async with engine_of(served.url) as engine, engine.begin() as connection:
            await connection.execute(delete(users).where(users.c.id == person.id))

        client = Client(TOKENS.read(left.refresh_token)[0])
        assert await stored(served.url, [client]) == []
        assert (await refresh(served.port, left.refresh_token)).status == 401
        for port in served.ports:
            await eventually(partial(refused, port, left.access_token))


async def refused(port: int, access_token: str) -> bool:
    return await whoami(port, access_token) == 401


class TestARestart:
    async def test_p21_tk_05_leaves_a_spent_token_spent(
        self, database_url: str, tmp_path: Path
    ) -> None:
        [client] = await signed_in(database_url, 1)
        settings, port, spent = settings_for(database_url), free_port(), client.token
        with running_server(settings, folder=tmp_path, port=port):
            successor = (await refresh(port, spent)).body["refresh_token"]
        await spend_earlier(database_url, client, by=timedelta(minutes=6))

        with running_server(settings, folder=tmp_path, port=port):
            replayed = await refresh(port, spent)
            assert (replayed.status, replayed.code) == (401, "refresh_token_reused")
            assert (await refresh(port, successor)).status == 401


async def spend_earlier(url: str, client: Client, *, by: timedelta) -> None:
    """As if the latest refresh had been so long ago."""
    [session] = await stored(url, [client])
    spent = tuple(at - by for at in session.refresh.spent)
    moved = replace(session, refresh=RefreshChain(live=session.refresh.live, spent=spent))
    async with engine_of(url) as engine:
        assert await SqlStore(engine).replace(session, moved)


class TestSigningIn:
    async def test_p51_adopts_nothing_that_a_stranger_chose(self, served: Served) -> None:
        """Session fixation: a session is opened by its sign-in, and by nothing brought along."""
        victim, attacker = [await Person.registered(served.port) for _ in range(2)]
        planted = await attacker.sign_in(served.port)

        body = {"login": victim.name, "password": PASSWORD}
        opened = await ask(served.port, "POST", "/sessions", body, token=planted.access_token)
        refused = await ask(
            served.port, "POST", "/sessions", body | {"session_id": planted.session}
        )

        assert opened.status == 201
        assert opened.body["session_id"] != planted.session
        assert refused.status == 422
        [mine] = (await ask(served.port, "GET", "/sessions", token=planted.access_token)).body[
            "items"
        ]
        assert mine["id"] == planted.session
        assert datetime.fromisoformat(mine["created_at"]) <= datetime.now(UTC)
