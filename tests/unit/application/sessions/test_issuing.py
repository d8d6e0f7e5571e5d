from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from hashlib import sha256

import pytest

from hexkey.application.audit.context import RequestContext, serving
from hexkey.domain.access import ADMIN
from hexkey.domain.audit.event import AuditType
from hexkey.domain.authentication.credentials import InvalidCredentials
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.sessions.access_token import ACCESS_TOKEN_LIFETIME
from hexkey.domain.sessions.session import Client, SessionPolicy
from tests.support.audits import events_in
from tests.support.deployments import PASSWORD, MemoryDeployment

pytestmark = pytest.mark.anyio


def sessions(deployment: MemoryDeployment) -> int:
    """How many have ever been opened."""
    return len(deployment.stores.store.committed.sessions)


class TestSignIn:
    async def test_opens_a_session_and_issues_its_token(self, deployment: MemoryDeployment) -> None:
        alice = await deployment.somebody("alice")

        issued = await deployment.sign_in(login="alice", password=PASSWORD, scope="openid")

        principal = await deployment.resolve(token=issued.access_token)
        assert principal.user == alice
        assert principal.session == issued.session
        assert principal.scopes == issued.scopes == {"openid"}
        assert issued.expires_in == ACCESS_TOKEN_LIFETIME

    async def test_d8_says_in_the_token_what_resource_servers_need(
        self, deployment: MemoryDeployment
    ) -> None:
        """D8: RFC 9068 §2.2; whole seconds."""
        alice = await deployment.somebody("alice")
        await deployment.grant(user=alice.id, role=ADMIN)
        deployment.clock.advance(milliseconds=789)
        now = deployment.clock.now().replace(microsecond=0)

        issued = await deployment.sign_in(login="alice", password=PASSWORD, scope="profile openid")

        claims = deployment.verifier.verify(issued.access_token)
        assert claims.issuer == "https://auth.example"
        assert claims.audience == "https://api.example"
        assert claims.client_id == "hexkey"
        assert claims.subject == alice.id
        assert claims.session == issued.session
        assert (claims.issued_at, claims.expires_at) == (now, now + timedelta(minutes=15))
        assert claims.scopes == {"openid", "profile"}
        assert claims.roles == {ADMIN}

    async def test_tk_07_grants_no_scope_that_is_not_known(
        self, deployment: MemoryDeployment
    ) -> None:
        await deployment.somebody("alice")

        issued = await deployment.sign_in(login="alice", password=PASSWORD, scope="admin openid *")

        assert issued.scopes == {"openid"}

    async def test_se_02_opens_a_session_of_its_own_each_time(
        self, deployment: MemoryDeployment
    ) -> None:
        await deployment.somebody("alice")

        issued = [await deployment.sign_in(login="alice", password=PASSWORD) for _ in range(3)]

        assert len({each.session for each in issued}) == 3
        assert len({deployment.verifier.verify(each.access_token).id for each in issued}) == 3

    async def test_opens_none_for_a_wrong_password(self, deployment: MemoryDeployment) -> None:
        await deployment.somebody("alice")

        with pytest.raises(InvalidCredentials):
            await deployment.sign_in(login="alice", password="a wrong one")

        assert sessions(deployment) == 0

    @pytest.mark.parametrize("deed", ["change", "disable"])
    async def test_ra_05_opens_none_when_the_proof_is_outdated_at_the_last_moment(
        self, deployment: MemoryDeployment, deed: str
    ) -> None:
        """RA-05: between the verification and the issuing, inside whose transaction it shows."""
        alice = await deployment.somebody("alice")
        deeds: dict[str, Callable[[], Awaitable[object]]] = {
            "change": partial(
                deployment.set_password, user=alice.id, new_password="battery staple"
            ),
            "disable": partial(deployment.disable, user=alice.id),
        }
        deployment.stores.store.before_next = deeds[deed]

        with pytest.raises(InvalidCredentials):
            await deployment.sign_in(login="alice", password=PASSWORD)

        assert sessions(deployment) == 0

    async def test_ra_05_lets_nobody_in_who_was_disabled_meanwhile_and_enabled(
        self, deployment: MemoryDeployment
    ) -> None:
        """What was proved before a disabling is void after it."""
        alice = await deployment.somebody("alice")

        async def off_and_on() -> None:
            await deployment.disable(user=alice.id)
            await deployment.enable(user=alice.id)

        deployment.stores.store.before_next = off_and_on

        with pytest.raises(InvalidCredentials):
            await deployment.sign_in(login="alice", password=PASSWORD)
        await deployment.sign_in(login="alice", password=PASSWORD)

    async def test_opens_none_when_there_is_no_key_to_sign_with(self) -> None:
        deployment = MemoryDeployment()  # no key was made
        await deployment.somebody("alice")

        with pytest.raises(TemporarilyUnavailable):
            await deployment.sign_in(login="alice", password=PASSWORD)

        assert sessions(deployment) == 0

    async def test_opens_none_when_the_store_gives_way(self, deployment: MemoryDeployment) -> None:
        await deployment.somebody("alice")
        deployment.stores.store.writable = False

        with pytest.raises(TemporarilyUnavailable):
            await deployment.sign_in(login="alice", password=PASSWORD)

        assert sessions(deployment) == 0

    async def test_lg_01_is_written_down_as_what_the_user_did_from_where_they_are(
        self, deployment: MemoryDeployment
    ) -> None:
        """LG-01: the request is theirs from then on."""
        alice = await deployment.somebody("alice")
        with serving(RequestContext(address="203.0.113.7")) as context:
            issued = await deployment.sign_in(login="alice", password=PASSWORD)

        event = events_in(deployment.stores.store)[-1]
        assert (event.type, event.at) == (AuditType.SIGNED_IN, deployment.clock.now())
        assert (event.actor, event.subject) == (f"user:{alice.id}", alice.id)
        assert event.session_hash == sha256(issued.session.encode()).hexdigest()
        assert (event.address, event.details) == ("203.0.113.7", {"method": "password"})
        assert (context.actor, context.session) == (f"user:{alice.id}", issued.session)

    async def test_se_02_keeps_what_it_was_opened_from(self, deployment: MemoryDeployment) -> None:
        await deployment.somebody("alice")
        client = Client(address="203.0.113.7", user_agent="Fox")

        issued = await deployment.sign_in(login="alice", password=PASSWORD, client=client)

        session = deployment.stores.store.committed.sessions[issued.session]
        assert (session.client, session.created_at) == (client, deployment.clock.now())
        assert session.idle_until == session.created_at + deployment.session_policy.idle
        assert session.refresh.live == 1
        assert deployment.refresh_tokens.read(issued.refresh_token) == (issued.session, 1)

    async def test_rl_05_knows_a_device_again_and_gives_others_a_name(
        self, deployment: MemoryDeployment
    ) -> None:
        """RL-05: a device stays the one it is; what is no token of the user's makes a new one."""
        alice, bob = await deployment.somebody("alice"), await deployment.somebody("bob")
        foreign = deployment.device_tokens.write(deployment.ids.new(), bob)
        devices = []
        token: str | None = None
        for given in (None, token, "junk", foreign):
            issued = await deployment.sign_in(login="alice", password=PASSWORD, device=given)
            token = issued.device_token
            assert token is not None
            again = await deployment.sign_in(login="alice", password=PASSWORD, device=token)
            assert again.device_token is not None
            device = deployment.device_tokens.read(token, alice)
            assert deployment.device_tokens.read(again.device_token, alice) == device
            devices.append(device)

        assert len({*devices, None}) == 5

    async def test_se_11_ends_the_oldest_with_one_more_than_there_may_be(self) -> None:
        """SE-11: and says so in the trail."""
        policy = SessionPolicy(idle=timedelta(days=14), absolute=timedelta(days=30), most=2)
        deployment = MemoryDeployment(session_policy=policy)
        await deployment.ensure_signing_key()
        alice = await deployment.somebody("alice")
        opened = []
        for _ in range(3):
            deployment.clock.advance(seconds=1)
            opened.append((await deployment.sign_in(login="alice", password=PASSWORD)).session)

        kept = deployment.stores.store.committed.sessions
        assert [kept[it].ended_at for it in opened] == [deployment.clock.now(), None, None]
        events = events_in(deployment.stores.store)
        ended = [it for it in events if it.type == AuditType.SESSION_ENDED]
        assert [(it.subject, it.session_hash) for it in ended] == [
            (alice.id, sha256(opened[0].encode()).hexdigest())
        ]

    async def test_se_11_never_ends_the_one_it_opens(self) -> None:
        """SE-11, D12: nobody is shut out by a clock that is set back, however many they have."""
        policy = SessionPolicy(idle=timedelta(days=14), absolute=timedelta(days=30), most=2)
        deployment = MemoryDeployment(session_policy=policy)
        await deployment.ensure_signing_key()
        await deployment.somebody("alice")
        opened = []
        for step in (0, 1, -3600):
            deployment.clock.advance(seconds=step)
            opened.append((await deployment.sign_in(login="alice", password=PASSWORD)).session)

        kept = deployment.stores.store.committed.sessions
        assert [kept[it].ended_at is None for it in opened] == [False, True, True]
