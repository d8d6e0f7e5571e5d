from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import pytest

from hexkey.domain.access import ADMIN
from hexkey.domain.authentication.credentials import InvalidCredentials
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.sessions.access_token import ACCESS_TOKEN_LIFETIME
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
