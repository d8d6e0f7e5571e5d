"""SE-03, SE-06, SE-08: ending sessions, and proving again who one is."""

from functools import partial
from hashlib import sha256

import pytest

from hexkey.adapters.memory.sessions import MemorySessions
from hexkey.application.sessions.tokens import IssuedTokens
from hexkey.domain.accounts.user import User
from hexkey.domain.audit.event import AuditType
from hexkey.domain.authentication.credentials import InvalidCredentials
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.identifiers import SessionId, UserId
from hexkey.domain.sessions.access_token import InvalidToken
from hexkey.domain.sessions.session import Client, Session, SessionNotFound
from tests.support.audits import events_in
from tests.support.builders import an_id
from tests.support.deployments import PASSWORD, MemoryDeployment

pytestmark = pytest.mark.anyio


@pytest.fixture
async def alice(deployment: MemoryDeployment) -> User:
    return await deployment.somebody("alice")


@pytest.fixture
async def tokens(deployment: MemoryDeployment, alice: User) -> IssuedTokens:
    return await deployment.sign_in(login="alice", password=PASSWORD)


def stored(deployment: MemoryDeployment, id: SessionId) -> Session:
    return deployment.stores.store.committed.sessions[id]


class TestEndSession:
    async def test_se_03_is_heard_of_at_once_in_this_process(
        self, deployment: MemoryDeployment, alice: User, tokens: IssuedTokens
    ) -> None:
        """SE-03: no clock moves."""
        await deployment.resolve(token=tokens.access_token)

        await deployment.end_session(user=alice.id, session=tokens.session)

        with pytest.raises(InvalidToken):
            await deployment.resolve(token=tokens.access_token)

    async def test_keeps_the_first_instant(
        self, deployment: MemoryDeployment, alice: User, tokens: IssuedTokens
    ) -> None:
        ended = deployment.clock.now()
        await deployment.end_session(user=alice.id, session=tokens.session)
        deployment.clock.advance(minutes=1)

        await deployment.end_session(user=alice.id, session=tokens.session)

        assert stored(deployment, tokens.session).ended_at == ended

    @pytest.mark.parametrize("name", ["", "None", "x", "\0", an_id()])
    async def test_se_06_knows_only_sessions(
        self, deployment: MemoryDeployment, alice: User, name: str
    ) -> None:
        with pytest.raises(SessionNotFound):
            await deployment.end_session(user=alice.id, session=name)

    async def test_se_06_ends_nobody_elses(
        self, deployment: MemoryDeployment, tokens: IssuedTokens
    ) -> None:
        bob = await deployment.somebody("bob")

        with pytest.raises(SessionNotFound):
            await deployment.end_session(user=bob.id, session=tokens.session)

        await deployment.resolve(token=tokens.access_token)

    async def test_lg_01_is_written_down_once(
        self, deployment: MemoryDeployment, alice: User, tokens: IssuedTokens
    ) -> None:
        for _ in range(2):
            await deployment.end_session(user=alice.id, session=tokens.session)

        events = events_in(deployment.stores.store)
        ended = [it for it in events if it.type == AuditType.SESSION_ENDED]
        assert [(it.at, it.subject) for it in ended] == [(deployment.clock.now(), alice.id)]
        assert ended[0].session_hash == sha256(tokens.session.encode()).hexdigest()


class TestListSessions:
    async def test_se_11_names_those_that_live_the_latest_first(
        self, deployment: MemoryDeployment, alice: User, tokens: IssuedTokens
    ) -> None:
        deployment.clock.advance(days=14, milliseconds=-1)
        agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
        later = await deployment.sign_in(
            login="alice", password=PASSWORD, client=Client(user_agent=agent)
        )
        ended = await deployment.sign_in(login="alice", password=PASSWORD)
        await deployment.end_session(user=alice.id, session=ended.session)

        listed = await deployment.list_sessions(user=alice.id)
        assert [it.session.id for it in listed] == [later.session, tokens.session]
        assert listed[0].device == "Firefox 140 on Linux"

        deployment.clock.advance(milliseconds=1)
        listed = await deployment.list_sessions(user=alice.id)
        assert [it.session.id for it in listed] == [later.session]


class TestEndOtherSessions:
    async def test_se_03_leaves_the_one_to_keep_and_everybody_elses(
        self, deployment: MemoryDeployment, alice: User, tokens: IssuedTokens
    ) -> None:
        """SE-03: heard of at once."""
        await deployment.somebody("bob")
        bobs = await deployment.sign_in(login="bob", password=PASSWORD)
        other = await deployment.sign_in(login="alice", password=PASSWORD)
        for each in (tokens, other, bobs):
            await deployment.resolve(token=each.access_token)

        await deployment.end_others(user=alice.id, keep=tokens.session)

        for each in (tokens, bobs):
            await deployment.resolve(token=each.access_token)
        with pytest.raises(InvalidToken):
            await deployment.resolve(token=other.access_token)
        assert stored(deployment, other.session).ended_at == deployment.clock.now()

    async def test_ends_all_where_there_is_none_to_keep(
        self, deployment: MemoryDeployment, alice: User, tokens: IssuedTokens
    ) -> None:
        """As by a password that came along (HTTP Basic)."""
        await deployment.end_others(user=alice.id)

        with pytest.raises(InvalidToken):
            await deployment.resolve(token=tokens.access_token)


class TestReauthenticate:
    async def test_se_08_makes_the_session_fresh(
        self, deployment: MemoryDeployment, alice: User, tokens: IssuedTokens
    ) -> None:
        """SE-08: and whoever remembers the session hears of it."""
        deployment.clock.advance(seconds=59)
        await deployment.resolve(token=tokens.access_token)
        await deployment.reauthenticate(user=alice.id, session=tokens.session, password=PASSWORD)

        principal = await deployment.resolve(token=tokens.access_token)

        assert principal.proved_at == deployment.clock.now()

    async def test_lg_01_is_written_down(
        self, deployment: MemoryDeployment, alice: User, tokens: IssuedTokens
    ) -> None:
        deployment.clock.advance(seconds=7)
        await deployment.reauthenticate(user=alice.id, session=tokens.session, password=PASSWORD)

        event = events_in(deployment.stores.store)[-1]
        assert (event.type, event.subject) == (AuditType.REAUTHENTICATED, alice.id)
        assert event.at == deployment.clock.now()

    async def test_is_for_nobody_who_is_not_there(
        self, deployment: MemoryDeployment, tokens: IssuedTokens
    ) -> None:
        with pytest.raises(InvalidCredentials):
            await deployment.reauthenticate(
                user=UserId(an_id()), session=tokens.session, password=PASSWORD
            )

    async def test_ra_05_says_nothing_was_done_if_it_was_not(
        self,
        deployment: MemoryDeployment,
        alice: User,
        tokens: IssuedTokens,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """RA-05: somebody else has changed the session in between."""

        async def lost(*_: object) -> bool:
            return False

        monkeypatch.setattr(MemorySessions, "replace", lost)
        before = len(events_in(deployment.stores.store))
        with pytest.raises(TemporarilyUnavailable):
            await deployment.reauthenticate(
                user=alice.id, session=tokens.session, password=PASSWORD
            )
        assert len(events_in(deployment.stores.store)) == before

    async def test_se_09_leaves_the_session_as_it_was_for_a_wrong_password(
        self, deployment: MemoryDeployment, alice: User, tokens: IssuedTokens
    ) -> None:
        before = stored(deployment, tokens.session)
        deployment.clock.advance(minutes=10)

        with pytest.raises(InvalidCredentials):
            await deployment.reauthenticate(
                user=alice.id, session=tokens.session, password="a wrong one"
            )

        assert stored(deployment, tokens.session) == before

    async def test_se_09_makes_nobody_elses_session_fresh(
        self, deployment: MemoryDeployment, tokens: IssuedTokens
    ) -> None:
        """SE-09: one's own password proves nothing for another's session."""
        bob = await deployment.somebody("bob")

        with pytest.raises(SessionNotFound):
            await deployment.reauthenticate(user=bob.id, session=tokens.session, password=PASSWORD)

    @pytest.mark.parametrize("session", [None, SessionId(an_id())])
    async def test_needs_a_session(
        self, deployment: MemoryDeployment, alice: User, session: SessionId | None
    ) -> None:
        with pytest.raises(SessionNotFound):
            await deployment.reauthenticate(user=alice.id, session=session, password=PASSWORD)

    async def test_ra_05_gives_way_to_a_password_change_while_it_hashes(
        self, deployment: MemoryDeployment, alice: User, tokens: IssuedTokens
    ) -> None:
        """RA-05: the old password proves nothing any more."""
        deployment.hasher.meanwhile = partial(
            deployment.set_password, user=alice.id, new_password="battery staple"
        )

        with pytest.raises(InvalidCredentials):
            await deployment.reauthenticate(
                user=alice.id, session=tokens.session, password=PASSWORD
            )

    async def test_ra_05_gives_way_to_a_sign_out_while_it_hashes(
        self, deployment: MemoryDeployment, alice: User, tokens: IssuedTokens
    ) -> None:
        deployment.hasher.meanwhile = partial(
            deployment.end_session, user=alice.id, session=tokens.session
        )

        with pytest.raises(SessionNotFound):
            await deployment.reauthenticate(
                user=alice.id, session=tokens.session, password=PASSWORD
            )
