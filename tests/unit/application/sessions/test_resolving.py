import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.identifiers import SessionId, TokenId, UserId
from hexkey.domain.keys import SigningAlgorithm
from hexkey.domain.sessions.access_token import (
    ACCESS_TOKEN_LIFETIME,
    AccessTokenClaims,
    InvalidToken,
    TokenExpired,
    UnknownSigningKey,
)
from tests.support.builders import an_id
from tests.support.deployments import PASSWORD, MemoryDeployment
from tests.support.doubles import START

pytestmark = pytest.mark.anyio


@pytest.fixture
async def token(deployment: MemoryDeployment) -> str:
    await deployment.somebody("alice")
    return (await deployment.sign_in(login="alice", password=PASSWORD)).access_token


@pytest.fixture
async def neighbor(deployment: MemoryDeployment) -> MemoryDeployment:
    """Another instance on the same stores, with a fresh key that the first has not seen."""
    neighbor = MemoryDeployment(stores=deployment.stores, clock=deployment.clock)
    await deployment.rotate_key(algorithm=SigningAlgorithm.ES256, at_once=True)
    await neighbor.reload_keys()
    deployment.clock.advance(seconds=1)
    return neighbor


def claims_of(deployment: MemoryDeployment, token: str) -> AccessTokenClaims:
    return deployment.verifier.verify(token)


class TestResolveToken:
    @pytest.mark.parametrize("late", [-901, -29, 29])
    async def test_jw_08_takes_a_token_until_the_skew_after_its_end(
        self, deployment: MemoryDeployment, token: str, late: int
    ) -> None:
        deployment.clock.advance(seconds=ACCESS_TOKEN_LIFETIME.total_seconds() + late)

        await deployment.resolve(token=token)

    @pytest.mark.parametrize("late", [30, 61])
    async def test_jw_08_tells_an_expired_token_from_a_bad_one(
        self, deployment: MemoryDeployment, token: str, late: int
    ) -> None:
        deployment.clock.advance(seconds=ACCESS_TOKEN_LIFETIME.total_seconds() + late)

        with pytest.raises(TokenExpired):
            await deployment.resolve(token=token)

    async def test_jw_08_refuses_a_token_from_the_future(
        self, deployment: MemoryDeployment, token: str
    ) -> None:
        deployment.clock.advance(seconds=-61)

        with pytest.raises(InvalidToken) as refusal:
            await deployment.resolve(token=token)
        assert type(refusal.value) is InvalidToken

    @pytest.mark.parametrize("junk", ["", ".", "..", "a.b.c", "\0", "\ud800", "x" * 9000])
    async def test_refuses_what_is_no_token(self, deployment: MemoryDeployment, junk: str) -> None:
        with pytest.raises(InvalidToken):
            await deployment.resolve(token=junk)

    async def test_refuses_a_token_of_another_deployment(
        self, deployment: MemoryDeployment
    ) -> None:
        foreign = MemoryDeployment()
        await foreign.ensure_signing_key()
        await foreign.somebody("alice")
        issued = await foreign.sign_in(login="alice", password=PASSWORD)

        with pytest.raises(UnknownSigningKey):
            await deployment.resolve(token=issued.access_token)

    async def test_refuses_a_token_without_a_session(
        self, deployment: MemoryDeployment, token: str
    ) -> None:
        claims = replace(claims_of(deployment, token), session=SessionId(an_id()))

        with pytest.raises(InvalidToken):
            await deployment.resolve(token=deployment.signer.sign(claims))

    async def test_refuses_a_token_for_somebody_elses_session(
        self, deployment: MemoryDeployment, token: str
    ) -> None:
        claims = replace(claims_of(deployment, token), subject=UserId(an_id()), id=TokenId(an_id()))

        with pytest.raises(InvalidToken):
            await deployment.resolve(token=deployment.signer.sign(claims))

    async def test_se_04_refuses_a_token_that_outlives_its_session(
        self, deployment: MemoryDeployment, token: str
    ) -> None:
        """SE-04: being used does not move the absolute end."""
        policy, claims = deployment.session_policy, claims_of(deployment, token)
        longer = replace(claims, expires_at=claims.issued_at + 2 * policy.absolute)
        long_lived = deployment.signer.sign(longer)
        for _ in range(3):
            deployment.clock.advance(days=9)
            await deployment.resolve(token=long_lived)
        deployment.clock.advance(seconds=timedelta(days=3).total_seconds() - 1)
        await deployment.resolve(token=long_lived)

        deployment.clock.advance(seconds=1)

        with pytest.raises(InvalidToken):
            await deployment.resolve(token=long_lived)

    async def test_se_11_notes_the_use_and_does_not_depend_on_it(
        self, deployment: MemoryDeployment, token: str
    ) -> None:
        """SE-11, D14: a store that cannot write refuses nobody; it is told later."""
        session = (await deployment.resolve(token=token)).session
        assert session is not None
        deployment.stores.store.writable = False
        deployment.clock.advance(seconds=61)
        used_at = deployment.clock.now()
        await deployment.resolve(token=token)
        with pytest.raises(TemporarilyUnavailable):
            await deployment.write_sightings()

        deployment.clock.advance(seconds=3)
        deployment.stores.store.writable = True
        await deployment.write_sightings()

        assert deployment.stores.store.committed.sessions[session].last_seen_at == used_at

    async def test_se_04_keeps_whoever_was_here_while_nothing_could_be_written(
        self, deployment: MemoryDeployment, token: str
    ) -> None:
        """SE-04: a session that is used all the time never ends for idleness."""
        idle = deployment.session_policy.idle
        long_lived = deployment.signer.sign(
            replace(claims_of(deployment, token), expires_at=START + 3 * idle)
        )
        deployment.stores.store.writable = False
        deployment.clock.advance(seconds=idle.total_seconds() - 1)
        await deployment.resolve(token=long_lived)

        deployment.clock.advance(seconds=idle.total_seconds() - 1)
        await deployment.resolve(token=long_lived)
        deployment.clock.advance(seconds=idle.total_seconds())

        with pytest.raises(InvalidToken):
            await deployment.resolve(token=long_lived)

    async def test_se_05_refuses_who_was_ended_although_their_use_is_noted(
        self, deployment: MemoryDeployment, token: str
    ) -> None:
        deployment.clock.advance(seconds=61)
        here = await deployment.resolve(token=token)
        assert here.session is not None
        await deployment.end_session(user=here.user.id, session=here.session)
        await deployment.write_sightings()

        with pytest.raises(InvalidToken):
            await deployment.resolve(token=token)

    async def test_se_05_refuses_a_user_who_was_disabled_by_another_process_within_a_second(
        self, deployment: MemoryDeployment, token: str
    ) -> None:
        elsewhere = MemoryDeployment(stores=deployment.stores, clock=deployment.clock)
        user = (await deployment.resolve(token=token)).user
        await elsewhere.disable(user=user.id)

        deployment.clock.advance(seconds=1)

        with pytest.raises(InvalidToken):
            await deployment.resolve(token=token)


class TestAKeyThatIsNotInTheRing:
    async def test_is_looked_for_in_the_store(
        self, deployment: MemoryDeployment, neighbor: MemoryDeployment
    ) -> None:
        await neighbor.somebody("alice")
        issued = await neighbor.sign_in(login="alice", password=PASSWORD)

        await deployment.resolve(token=issued.access_token)

    async def test_is_looked_for_at_most_once_a_second(self, deployment: MemoryDeployment) -> None:
        """Forged tokens must cost nothing."""
        deployment.clock.advance(seconds=1)
        reads = deployment.stores.signing_keys.reads
        forged = await _signed_elsewhere()
        for _ in range(100):
            with pytest.raises(InvalidToken):
                await deployment.resolve(token=forged)

        assert deployment.stores.signing_keys.reads == reads + 1

    async def test_is_looked_for_although_the_ring_was_reloaded_a_moment_before(
        self, deployment: MemoryDeployment
    ) -> None:
        """RF-19: a regular look is no reason to refuse the first token of a newer key."""
        neighbor = MemoryDeployment(stores=deployment.stores, clock=deployment.clock)
        await deployment.reload_keys.if_usable()
        await deployment.rotate_key(algorithm=SigningAlgorithm.ES256, at_once=True)
        await neighbor.reload_keys()
        await neighbor.somebody("alice")
        issued = await neighbor.sign_in(login="alice", password=PASSWORD)

        await deployment.resolve(token=issued.access_token)

    async def test_is_waited_for_by_all_who_come_while_it_is_looked_for(
        self, deployment: MemoryDeployment, neighbor: MemoryDeployment
    ) -> None:
        """JW-16: nobody is signed out because another instance signs with a new key."""
        await neighbor.somebody("alice")
        issued = await neighbor.sign_in(login="alice", password=PASSWORD)
        deployment.stores.signing_keys.may_answer.clear()
        reads = deployment.stores.signing_keys.reads
        asking = [
            asyncio.create_task(deployment.resolve(token=issued.access_token)) for _ in range(5)
        ]
        await asyncio.sleep(0)
        deployment.stores.signing_keys.may_answer.set()

        await asyncio.gather(*asking)
        assert deployment.stores.signing_keys.reads == reads + 1

    async def test_is_not_known_while_the_store_is_away(self, deployment: MemoryDeployment) -> None:
        """D14: what cannot be known is 503; what is in the ring goes on."""
        await deployment.somebody("alice")
        issued = await deployment.sign_in(login="alice", password=PASSWORD)
        deployment.clock.advance(seconds=1)
        deployment.stores.signing_keys.readable = False

        with pytest.raises(TemporarilyUnavailable):
            await deployment.resolve(token=await _signed_elsewhere())
        await deployment.resolve(token=issued.access_token)

    async def test_jw_09_is_refused_and_no_more_when_a_stored_key_cannot_be_used(
        self, deployment: MemoryDeployment
    ) -> None:
        """JW-09: a refusal, never an error of the server; and what is in the ring goes on."""
        await deployment.somebody("alice")
        issued = await deployment.sign_in(login="alice", password=PASSWORD)
        await deployment.stores.signing_keys.spoil()
        deployment.clock.advance(seconds=1)

        with pytest.raises(InvalidToken):
            await deployment.resolve(token=await _signed_elsewhere())
        await deployment.resolve(token=issued.access_token)


async def _signed_elsewhere() -> str:
    elsewhere = MemoryDeployment()
    await elsewhere.ensure_signing_key()
    await elsewhere.somebody("alice")
    return (await elsewhere.sign_in(login="alice", password=PASSWORD)).access_token
