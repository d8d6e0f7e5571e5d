"""TK: refreshing as stories over memory; `tests/integration/http/sessions` tells them over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from hashlib import sha256

import pytest

from hexkey.application.audit.context import RequestContext, serving
from hexkey.application.sessions.tokens import IssuedTokens
from hexkey.domain.audit.event import AuditType
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.identifiers import SessionId
from hexkey.domain.sessions.access_token import InvalidToken
from hexkey.domain.sessions.refresh_token import RefreshTokenRejected, RefreshTokenReused
from hexkey.domain.sessions.session import Session
from tests.support.audits import events_in
from tests.support.builders import an_id
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

    async def test_knows_no_session_and_no_number_that_was_not_given_out(
        self, deployment: MemoryDeployment, first: IssuedTokens
    ) -> None:
        """A token of ours, as after a restored backup."""
        for session, number in ((SessionId(an_id()), 1), (first.session, 2), (first.session, 9)):
            token = deployment.refresh_tokens.write(session, number)
            with pytest.raises(RefreshTokenRejected):
                await deployment.refresh(refresh_token=token)

        assert stored(deployment, first).refresh.live == 1
        assert stored(deployment, first).ended_at is None

    async def test_lg_01_is_written_down_as_what_its_user_did(
        self, deployment: MemoryDeployment, first: IssuedTokens
    ) -> None:
        user = stored(deployment, first).user
        deployment.clock.advance(seconds=5)
        with serving(RequestContext()) as context:
            await deployment.refresh(refresh_token=first.refresh_token)

        event = events_in(deployment.stores.store)[-1]
        assert (event.type, event.at) == (AuditType.SESSION_REFRESHED, deployment.clock.now())
        assert (event.actor, event.subject) == (f"user:{user}", user)
        assert event.session_hash == sha256(first.session.encode()).hexdigest()
        assert (context.actor, context.session) == (f"user:{user}", first.session)
        assert {it.name: it.passed for it in context.checks} == {
            "session.known": True,
            "account.active": True,
            "session.live": True,
            "refresh_token.unspent": True,
        }

    async def test_lg_01_a_reuse_is_written_down_with_the_end_that_it_had(
        self, deployment: MemoryDeployment, first: IssuedTokens
    ) -> None:
        user = stored(deployment, first).user
        await deployment.refresh(refresh_token=first.refresh_token)
        deployment.clock.advance(minutes=5)
        with serving(RequestContext()) as context, pytest.raises(RefreshTokenReused):
            await deployment.refresh(refresh_token=first.refresh_token)

        assert context.checks[-1].name == "refresh_token.unspent"
        assert not context.checks[-1].passed
        of_session = sha256(first.session.encode()).hexdigest()
        *_, reused, ended = events_in(deployment.stores.store)
        for event, kind in (
            (reused, AuditType.REFRESH_TOKEN_REUSED),
            (ended, AuditType.SESSION_ENDED),
        ):
            assert (event.type, event.at) == (kind, deployment.clock.now())
            assert (event.subject, event.session_hash) == (user, of_session)

    @pytest.mark.parametrize("end", ["unknown", "ended", "disabled", "idle"])
    async def test_lg_01_is_explained_where_it_is_refused(
        self, deployment: MemoryDeployment, first: IssuedTokens, end: str
    ) -> None:
        user, token = stored(deployment, first).user, first.refresh_token
        match end:
            case "unknown":
                token = deployment.refresh_tokens.write(SessionId(an_id()), 1)
            case "ended":
                await deployment.end_session(user=user, session=first.session)
            case "disabled":
                await deployment.disable(user=user)
            case _:
                deployment.clock.advance(days=14)

        with serving(RequestContext()) as context, pytest.raises(RefreshTokenRejected):
            await deployment.refresh(refresh_token=token)

        known = {"session.known": True, "account.active": end != "disabled", "session.live": False}
        assert {it.name: it.passed for it in context.checks} == (
            {"session.known": False} if end == "unknown" else known
        )

    @pytest.mark.parametrize("winners", [2, 3])
    async def test_tk_03_gives_up_when_others_win_three_times(
        self,
        deployment: MemoryDeployment,
        first: IssuedTokens,
        monkeypatch: pytest.MonkeyPatch,
        winners: int,
    ) -> None:
        """TK-03: the client may repeat it."""
        lost, really = 0, deployment.refresh.store.replace

        async def replaced(*given: object, **options: object) -> bool:
            nonlocal lost
            lost += 1
            return False if lost <= winners else await really(*given, **options)  # type: ignore[arg-type]  # passed on

        monkeypatch.setattr(deployment.stores.store, "replace", replaced)
        if winners == 3:
            with pytest.raises(TemporarilyUnavailable):
                await deployment.refresh(refresh_token=first.refresh_token)
        else:
            assert await deployment.refresh(refresh_token=first.refresh_token)
        assert lost == 3

    async def test_az_05_grants_only_what_the_user_may_still_have(
        self, deployment: MemoryDeployment, first: IssuedTokens
    ) -> None:
        """AZ-05: and the session keeps the others, for when they may again."""
        opened = await deployment.sign_in(login="alice", password=PASSWORD, scope="openid profile")
        less = replace(
            deployment.refresh,
            grant=replace(deployment.refresh.grant, known=frozenset(("openid",))),
        )

        for refresh, scopes in ((less, {"openid"}), (deployment.refresh, {"openid", "profile"})):
            issued = await refresh(refresh_token=opened.refresh_token)
            assert issued.scopes == scopes
            claims = deployment.verifier.verify(issued.access_token)
            assert claims.scopes == scopes
        assert stored(deployment, opened).scopes == {"openid", "profile"}
