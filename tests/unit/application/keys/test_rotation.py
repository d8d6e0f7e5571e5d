import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from hexkey.adapters.memory.signing_keys import MemorySigningKeyStore
from hexkey.domain.identifiers import KeyId
from hexkey.domain.keys import (
    KeyState,
    SigningAlgorithm,
    SigningKey,
    SigningKeyInUse,
    SigningKeyNotFound,
    UnusableKey,
)
from hexkey.domain.sessions.access_token import UnknownSigningKey
from tests.support.doubles import FrozenClock
from tests.support.issuing import some_claims
from tests.support.key_fleet import POLICY, KeyInstance, an_instance

pytestmark = pytest.mark.anyio

ES256, EDDSA, HS256 = SigningAlgorithm.ES256, SigningAlgorithm.EDDSA, SigningAlgorithm.HS256
A_MONTH = timedelta(days=30)
OTHER_SECRET = b"another master secret, 32 octets"


@pytest.fixture
def store() -> MemorySigningKeyStore:
    return MemorySigningKeyStore()


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
async def instance(store: MemorySigningKeyStore, clock: FrozenClock) -> KeyInstance:
    instance = an_instance(store, clock)
    await instance.ensure()
    return instance


async def states(store: MemorySigningKeyStore) -> list[KeyState]:
    return [key.state for key in await store.all()]


async def one(store: MemorySigningKeyStore, state: KeyState) -> SigningKey:
    (found,) = [key for key in await store.all() if key.state is state]
    return found


class TestEnsureSigningKey:
    async def test_lets_the_first_key_sign_without_announcing_it(
        self, instance: KeyInstance, store: MemorySigningKeyStore
    ) -> None:
        assert await states(store) == [KeyState.SIGNING]
        assert instance.verifier.verify(instance.signer.sign(some_claims()))

    async def test_ra_07_of_many_instances_one_makes_a_key_and_all_hold_it(
        self, store: MemorySigningKeyStore, clock: FrozenClock
    ) -> None:
        """RA-07: the making is off the loop, so that they really are at it together."""
        fleet = [an_instance(store, clock) for _ in range(8)]

        await asyncio.gather(*(each.ensure() for each in fleet))

        assert await states(store) == [KeyState.SIGNING]
        assert len({each.ring.published()[0]["kid"] for each in fleet}) == 1

    async def test_takes_the_key_that_was_announced(
        self, store: MemorySigningKeyStore, clock: FrozenClock
    ) -> None:
        instance = an_instance(store, clock)
        made = await instance.rotate(algorithm=ES256)

        await instance.ensure()

        assert (await one(store, KeyState.SIGNING)).id == made.id

    @pytest.mark.parametrize("algorithm", [EDDSA, HS256])
    async def test_a_change_of_the_algorithm_leaves_the_old_key_to_its_tokens(
        self,
        instance: KeyInstance,
        store: MemorySigningKeyStore,
        clock: FrozenClock,
        algorithm: SigningAlgorithm,
    ) -> None:
        old = instance.signer.sign(some_claims())
        changed = an_instance(store, clock, algorithm=algorithm)
        await changed.ensure()

        assert changed.verifier.verify(old)
        assert changed.verifier.verify(changed.signer.sign(some_claims()))
        for _ in range(6):
            clock.at += A_MONTH
            await changed.when_due()
        assert KeyState.RETIRED in await states(store)
        with pytest.raises(UnknownSigningKey):
            changed.verifier.verify(old)

    async def test_makes_no_key_that_others_could_not_open(
        self, instance: KeyInstance, store: MemorySigningKeyStore, clock: FrozenClock
    ) -> None:
        """With another master secret it would keep every other instance from starting."""
        stranger = an_instance(store, clock, secret=OTHER_SECRET, algorithm=EDDSA)

        for deed in (stranger.ensure(), stranger.rotate(algorithm=EDDSA), stranger.when_due()):
            with pytest.raises(UnusableKey):
                await deed
        assert len(await store.all()) == 1


class TestRotateKeysWhenDue:
    async def test_jw_16_no_instance_ever_refuses_a_token_of_another(
        self, store: MemorySigningKeyStore, clock: FrozenClock
    ) -> None:
        """RF-19 in small: over a year, each instance hears of every step at another time."""
        fleet = [an_instance(store, clock) for _ in range(3)]
        for each in fleet:
            await each.ensure()
        kids: Counter[str] = Counter()
        for hour in range(24 * 200):
            clock.at += timedelta(hours=1)
            if hour % 24 not in (0, 1):
                continue
            for number, each in enumerate(fleet):
                if hour % (number + 1) == 0:
                    await each.when_due()
                token = each.signer.sign(some_claims())
                kids[token.partition(".")[0]] += 1
                for other in fleet:
                    await _verified(other, token)
        assert len(kids) == 3  # 90 days each
        signing = [state for state in await states(store) if state is KeyState.SIGNING]
        assert len(signing) == 1

    async def test_does_each_step_once_however_many_instances_ask(
        self, store: MemorySigningKeyStore, clock: FrozenClock
    ) -> None:
        fleet = [an_instance(store, clock) for _ in range(5)]
        for each in fleet:
            await each.ensure()
        for passed in (POLICY.lifetime, POLICY.announcement, POLICY.retention):
            clock.at += passed
            await asyncio.gather(*(each.when_due() for each in fleet))

        assert await states(store) == [KeyState.RETIRED, KeyState.SIGNING]
        assert (await one(store, KeyState.RETIRED)).sealed_private_key == b""

    async def test_makes_no_key_of_a_shared_secret(
        self, store: MemorySigningKeyStore, clock: FrozenClock
    ) -> None:
        await an_instance(store, clock, algorithm=HS256).when_due()

        assert await store.all() == []


class TestRotateKey:
    async def test_announces_the_next_key_which_signs_in_time(
        self, instance: KeyInstance, store: MemorySigningKeyStore, clock: FrozenClock
    ) -> None:
        made = await instance.rotate(algorithm=ES256)
        await instance.when_due()
        assert made.id in {key["kid"] for key in instance.ring.published()}
        assert (await one(store, KeyState.SIGNING)).id != made.id

        clock.at += POLICY.announcement
        await instance.when_due()

        assert (await one(store, KeyState.SIGNING)).id == made.id

    async def test_asked_twice_it_announces_one_key(self, instance: KeyInstance) -> None:
        assert await instance.rotate(algorithm=ES256) == await instance.rotate(algorithm=ES256)

    async def test_after_a_leak_it_signs_at_once_and_the_old_key_can_be_retired(
        self, instance: KeyInstance, store: MemorySigningKeyStore
    ) -> None:
        leaked, token = await one(store, KeyState.SIGNING), instance.signer.sign(some_claims())
        with pytest.raises(SigningKeyInUse):
            await instance.retire(id=leaked.id)

        made = await instance.rotate(algorithm=ES256, at_once=True)
        await instance.retire(id=leaked.id)
        await instance.when_due()

        assert made == await one(store, KeyState.SIGNING)
        with pytest.raises(UnknownSigningKey):
            instance.verifier.verify(token)

    async def test_has_none_for_a_shared_secret(self, instance: KeyInstance) -> None:
        with pytest.raises(ValueError, match="master secret"):
            await instance.rotate(algorithm=HS256)


class TestRetireKey:
    async def test_knows_only_keys_that_are_there(self, instance: KeyInstance) -> None:
        with pytest.raises(SigningKeyNotFound):
            await instance.retire(id=KeyId("x" * 43))

    async def test_takes_an_announced_key_back(
        self, instance: KeyInstance, store: MemorySigningKeyStore
    ) -> None:
        made = await instance.rotate(algorithm=ES256)
        retired = await instance.retire(id=made.id)

        assert retired.state is KeyState.RETIRED
        assert await instance.retire(id=made.id) == retired
        assert (await instance.rotate(algorithm=ES256)).id != made.id


async def _verified(instance: KeyInstance, token: str) -> None:
    """As `ResolveToken` does it: an unknown key is looked for once."""
    try:
        instance.verifier.verify(token)
    except UnknownSigningKey:
        await instance.when_due.reload()
        instance.verifier.verify(token)
