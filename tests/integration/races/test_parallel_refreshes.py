"""TK-03, RA-02, P17, P18, P19: many requests with one refresh token, at one instant."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from hexkey.domain.sessions.refresh_token import RefreshChain
from tests.integration.races.conftest import Served
from tests.support.faults_families import Client, signed_in, stored
from tests.support.faults_http import Answer, refresh, whoami

pytestmark = pytest.mark.anyio

AT_ONCE = 50


def long_ago() -> RefreshChain:
    """A chain whose first token was spent out of every grace."""
    return RefreshChain(live=3, spent=(datetime.now(UTC) - timedelta(minutes=6),))


async def all_at_once(served: Served, token: str) -> list[Answer]:
    ports = [served.ports[number % 2] for number in range(AT_ONCE)]
    return await asyncio.gather(*(refresh(port, token) for port in ports))


class TestParallelRefreshes:
    async def test_tk_03_p17_have_one_successor_and_sign_nobody_out(self, served: Served) -> None:
        [client] = await signed_in(served.url, 1)

        answers = await all_at_once(served, client.token)

        assert {answer.status for answer in answers} == {200}
        [successor] = {answer.body["refresh_token"] for answer in answers}
        access_tokens = [answer.body["access_token"] for answer in answers]
        assert {await whoami(served.port, it) for it in access_tokens[:8]} == {200}
        assert (await refresh(served.port, successor)).status == 200

    async def test_ra_02_spend_the_token_exactly_once(self, served: Served) -> None:
        [client] = await signed_in(served.url, 1)

        await all_at_once(served, client.token)

        [session] = await stored(served.url, [client])
        assert session.refresh.live == 2
        assert len(session.refresh.spent) == 1

    async def test_tk_03_of_a_whole_chain_leave_one_live_leaf(self, served: Served) -> None:
        """Tabs that lag behind each other, with all the tokens of the last seconds."""
        [client] = await signed_in(served.url, 1)
        held = [client.token]
        for _ in range(4):
            held.append((await refresh(served.port, held[-1])).body["refresh_token"])

        answers = await asyncio.gather(*(refresh(served.port, it) for it in held * 8))

        assert {answer.status for answer in answers} == {200}
        [session] = await stored(served.url, [client])
        assert session.ended_at is None
        assert session.refresh.live == len(held) + 1
        known = {held[-1], answers[-1].body["refresh_token"]}
        assert {answer.body["refresh_token"] for answer in answers} <= known

    async def test_p18_p19_with_a_token_out_of_its_grace_get_nothing(self, served: Served) -> None:
        [client] = await signed_in(served.url, 1, chain=long_ago())
        stolen = Client(client.session, number=1)

        answers = await all_at_once(served, stolen.token)

        assert {answer.status for answer in answers} == {401}
        assert "refresh_token_reused" in {answer.code for answer in answers}
        [session] = await stored(served.url, [client])
        assert session.ended_at is not None
        assert session.refresh.live == client.number


class TestReuse:
    async def test_p20_is_committed_although_the_answer_is_an_error(self, served: Served) -> None:
        [client] = await signed_in(served.url, 1, chain=long_ago())
        stolen = Client(client.session, number=1)
        fresh = await refresh(served.port, client.token)
        assert fresh.status == 200

        reused = await refresh(served.port, stolen.token)

        assert (reused.status, reused.code) == (401, "refresh_token_reused")
        for token in (fresh.body["refresh_token"], client.token, stolen.token):
            for port in served.ports:
                refused = await refresh(port, token)
                assert (refused.status, refused.code) == (401, "invalid_refresh_token")
