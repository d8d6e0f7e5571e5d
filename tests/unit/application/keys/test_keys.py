import asyncio

import pytest

from hexkey.domain.keys import KeyState, SigningAlgorithm, UnusableKey
from tests.support.deployments import MemoryDeployment

pytestmark = pytest.mark.anyio

ES256 = SigningAlgorithm.ES256


async def states(deployment: MemoryDeployment) -> list[KeyState]:
    return [key.state for key in await deployment.stores.signing_keys.all()]


class TestEnsureSigningKey:
    async def test_makes_the_first_key_and_no_second(self, deployment: MemoryDeployment) -> None:
        await deployment.ensure_signing_key()

        assert await states(deployment) == [KeyState.SIGNING]
        assert len(await deployment.publish_keys()) == 1

    async def test_ra_07_makes_one_key_however_many_instances_start(self) -> None:
        """RA-07: and every instance holds that one."""
        first = MemoryDeployment()
        fleet = [first, *(MemoryDeployment(stores=first.stores) for _ in range(9))]

        await asyncio.gather(*(each.ensure_signing_key() for each in fleet))

        assert await states(first) == [KeyState.SIGNING]
        assert len({each.ring.published()[0]["kid"] for each in fleet}) == 1

    async def test_ra_07_takes_the_key_of_whoever_is_faster(self) -> None:
        """Both found none, and the other has installed its own in the meantime."""
        slow = MemoryDeployment()
        slow.stores.signing_keys.may_answer.clear()
        starting = asyncio.create_task(slow.ensure_signing_key())
        await asyncio.sleep(0)
        now = slow.clock.now()
        made = await slow.ensure_signing_key.make(ES256, beside=(), now=now)
        quick_key = made.moved(KeyState.SIGNING, now=now)
        slow.stores.signing_keys.next_answer = []
        assert await slow.stores.signing_keys.add(quick_key)
        slow.stores.signing_keys.may_answer.set()
        await starting

        assert [key["kid"] for key in slow.ring.published()] == [quick_key.id]

    async def test_needs_none_for_a_shared_secret(self) -> None:
        deployment = MemoryDeployment(algorithm=SigningAlgorithm.HS256)

        await deployment.ensure_signing_key()

        assert await states(deployment) == []
        assert await deployment.publish_keys() == []

    async def test_refuses_to_start_with_a_key_that_cannot_be_used(
        self, deployment: MemoryDeployment
    ) -> None:
        await deployment.stores.signing_keys.spoil()

        with pytest.raises(UnusableKey):
            await deployment.ensure_signing_key()


class TestPublishKeys:
    async def test_shows_the_keys_of_other_instances_within_a_second(
        self, deployment: MemoryDeployment
    ) -> None:
        deployment.clock.advance(seconds=1)
        made = await deployment.rotate_key(algorithm=ES256)
        deployment.clock.advance(seconds=1)

        published = await deployment.publish_keys()

        assert published[-1] == made.published()
        assert len(published) == 2

    async def test_asks_the_store_at_most_once_a_second(self, deployment: MemoryDeployment) -> None:
        reads = deployment.stores.signing_keys.reads
        deployment.clock.advance(seconds=1)
        for _ in range(100):
            await deployment.publish_keys()

        assert deployment.stores.signing_keys.reads == reads + 1

    async def test_asks_again_when_the_clock_was_set_back(
        self, deployment: MemoryDeployment
    ) -> None:
        reads = deployment.stores.signing_keys.reads
        deployment.clock.advance(days=-1)
        await deployment.publish_keys()

        assert deployment.stores.signing_keys.reads == reads + 1

    @pytest.mark.parametrize("fault", ["away", "spoiled"])
    async def test_d14_goes_on_with_its_own_keys(
        self, deployment: MemoryDeployment, fault: str
    ) -> None:
        """D14: what this process holds is still true."""
        before = deployment.ring.published()
        if fault == "spoiled":
            await deployment.stores.signing_keys.spoil()
        deployment.stores.signing_keys.readable = fault != "away"
        deployment.clock.advance(seconds=1)

        assert await deployment.publish_keys() == before
