"""TK: refreshing as stories over memory; `tests/integration/http/sessions` tells them over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from hexkey.application.sessions.tokens import IssuedTokens
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.sessions.access_token import InvalidToken
from hexkey.domain.sessions.refresh_token import RefreshTokenRejected, RefreshTokenReused
from hexkey.domain.sessions.session import Session
from tests.support.deployments import PASSWORD, MemoryDeployment

pytestmark = pytest.mark.anyio


@pytest.fixture
async def first(deployment: MemoryDeployment) -> IssuedTokens:
    """The tokens of a sign-in by Alice."""
    await deployment.somebody("alice")
    return await deployment.sign_in(login="alice", password=PASSWORD)


def stored(deployment: MemoryDeployment, tokens: IssuedTokens) -> Session:
    return deployment.stores.store.committed.sessions[tokens.session]


class TestRefreshSession:
    async def test_tk_02_ends_the_session_of_a_token_that_comes_back(
        self, deployment: MemoryDeployment, first: IssuedTokens
    ) -> None:
        """TK-02, P20: committed, and announced in this process, although it raises."""
        second = await deployment.refresh(refresh_token=first.refresh_token)
        third = await deployment.refresh(refresh_token=second.refresh_token)
        await deployment.resolve(token=third.access_token)
        deployment.clock.advance(seconds=10)

        with pytest.raises(RefreshTokenReused):
            await deployment.refresh(refresh_token=first.refresh_token)

        assert stored(deployment, first).ended_at == deployment.clock.now()
        with pytest.raises(RefreshTokenRejected):
            await deployment.refresh(refresh_token=third.refresh_token)
        with pytest.raises(InvalidToken):
            await deployment.resolve(token=third.access_token)

    async def test_tk_02_says_nothing_twice(
        self, deployment: MemoryDeployment, first: IssuedTokens
    ) -> None:
        """The first refusal ended the session; there is nothing to reuse any more."""
        await deployment.refresh(refresh_token=first.refresh_token)
        deployment.clock.advance(minutes=5)
        with pytest.raises(RefreshTokenReused):
            await deployment.refresh(refresh_token=first.refresh_token)

        with pytest.raises(RefreshTokenRejected):
            await deployment.refresh(refresh_token=first.refresh_token)

    async def test_tk_03_answers_the_loser_of_a_race_like_the_winner(
        self, deployment: MemoryDeployment, first: IssuedTokens
    ) -> None:
        """TK-03: both had read the same row; one statement decides."""
        won: list[IssuedTokens] = []

        async def somebody_else() -> None:
            won.append(await deployment.refresh(refresh_token=first.refresh_token))

        deployment.stores.store.before_next = somebody_else

        lost = await deployment.refresh(refresh_token=first.refresh_token)

        assert lost.refresh_token == won[0].refresh_token
        assert stored(deployment, first).refresh.live == 2

    async def test_tk_03_of_fifty_at_once_moves_the_chain_by_one(
        self, deployment: MemoryDeployment, first: IssuedTokens
    ) -> None:
        """TK-03, P17."""
        answers = await asyncio.gather(
            *(deployment.refresh(refresh_token=first.refresh_token) for _ in range(50))
        )

        assert len({it.refresh_token for it in answers}) == 1
        assert stored(deployment, first).refresh.live == 2

    @pytest.mark.parametrize("deed", ["disable", "end", "change"])
    async def test_tk_06_gives_nothing_to_whoever_was_put_out_at_the_last_moment(
        self, deployment: MemoryDeployment, first: IssuedTokens, deed: str
    ) -> None:
        """TK-06, RA-05: after the read and before the write."""
        alice = (await deployment.resolve(token=first.access_token)).user.id
        deeds: dict[str, Callable[[], Awaitable[object]]] = {
            "disable": lambda: deployment.disable(user=alice),
            "end": lambda: deployment.end_session(user=alice, session=first.session),
            "change": lambda: deployment.set_password(user=alice, new_password="battery staple"),
        }
        deployment.stores.store.before_next = deeds[deed]

        with pytest.raises(RefreshTokenRejected):
            await deployment.refresh(refresh_token=first.refresh_token)

        assert stored(deployment, first).refresh.live == 1

    async def test_spends_nothing_when_there_is_no_key_to_sign_with(
        self, deployment: MemoryDeployment, first: IssuedTokens
    ) -> None:
        """D14: the client may repeat it."""
        keyless = MemoryDeployment(stores=deployment.stores, clock=deployment.clock)

        with pytest.raises(TemporarilyUnavailable):
            await keyless.refresh(refresh_token=first.refresh_token)

        assert stored(deployment, first).refresh.live == 1

    async def test_is_a_use_of_the_session_and_no_proof(
        self, deployment: MemoryDeployment, first: IssuedTokens
    ) -> None:
        """SE-08: whoever refreshes has proved nothing."""
        deployment.clock.advance(minutes=6)

        await deployment.refresh(refresh_token=first.refresh_token)

        session = stored(deployment, first)
        assert session.last_seen_at == deployment.clock.now()
        assert session.authenticated_at == session.created_at

    async def test_tells_nobody(self, deployment: MemoryDeployment, first: IssuedTokens) -> None:
        """A refresh changes nothing that a token check would have to look up again."""
        changes = deployment.stores.store.committed.changes_ever

        await deployment.refresh(refresh_token=first.refresh_token)

        assert deployment.stores.store.committed.changes_ever == changes
