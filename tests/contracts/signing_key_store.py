"""What `SigningKeyStore` promises."""

import asyncio
from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import timedelta

import pytest

from hexkey.application.ports.keys import SigningKeyStore
from hexkey.domain.keys import KeyState, PublicJwk, SealedKey, SigningAlgorithm, SigningKey
from tests.support.builders import a_signing_key
from tests.support.doubles import START

LATER = START + timedelta(days=1)
ONE_OF_EACH = [KeyState.ANNOUNCED, KeyState.SIGNING]


def verifying(key: SigningKey) -> SigningKey:
    """`key` after its successor was promoted."""
    return key.moved(KeyState.VERIFYING, now=LATER)


def signing(key: SigningKey) -> SigningKey:
    """`key` after it was promoted."""
    return key.moved(KeyState.SIGNING, now=LATER)


def announced(algorithm: SigningAlgorithm = SigningAlgorithm.ES256) -> SigningKey:
    return a_signing_key(algorithm=algorithm, state=KeyState.ANNOUNCED, now=LATER)


def by_id(key: SigningKey) -> str:
    return key.id


class SigningKeyStoreContract(ABC):
    """Subclass as `TestXxxSigningKeyStore` and provide the `keys` fixture."""

    @abstractmethod
    def keys(self) -> SigningKeyStore: ...

    async def test_is_empty_at_first(self, keys: SigningKeyStore) -> None:
        assert list(await keys.all()) == []

    @pytest.mark.parametrize("state", KeyState)
    async def test_gives_back_exactly_what_was_added(
        self, keys: SigningKeyStore, state: KeyState
    ) -> None:
        key = a_signing_key().moved(state, now=LATER)

        assert await keys.add(key)
        assert list(await keys.all()) == [key]

    @pytest.mark.parametrize("state", ONE_OF_EACH)
    async def test_adds_no_second_key_where_there_may_be_one(
        self, keys: SigningKeyStore, state: KeyState
    ) -> None:
        first = a_signing_key(state=state)
        await keys.add(first)

        assert not await keys.add(a_signing_key(state=state))
        assert list(await keys.all()) == [first]

    @pytest.mark.parametrize("state", [KeyState.VERIFYING, KeyState.RETIRED])
    async def test_adds_any_number_of_keys_that_do_not_sign(
        self, keys: SigningKeyStore, state: KeyState
    ) -> None:
        for _ in range(3):
            assert await keys.add(a_signing_key(state=state))

    async def test_adds_no_key_twice(self, keys: SigningKeyStore) -> None:
        key = a_signing_key(state=KeyState.VERIFYING)
        await keys.add(key)

        assert not await keys.add(replace(key, state=KeyState.SIGNING))
        assert list(await keys.all()) == [key]

    async def test_every_algorithm_has_a_key_of_its_own(self, keys: SigningKeyStore) -> None:
        for state in ONE_OF_EACH:
            for algorithm in SigningAlgorithm:
                assert await keys.add(a_signing_key(algorithm=algorithm, state=state))

    async def test_lists_the_oldest_first(self, keys: SigningKeyStore) -> None:
        late = a_signing_key(now=LATER)
        early = a_signing_key(algorithm=SigningAlgorithm.RS256, now=START)
        await keys.add(late)
        await keys.add(early)

        assert list(await keys.all()) == [early, late]

    async def test_promotes_the_first_key(self, keys: SigningKeyStore) -> None:
        key = announced()
        await keys.add(key)

        assert await keys.promote(key, None, now=LATER)
        assert list(await keys.all()) == [signing(key)]

    async def test_a_replaced_key_still_verifies(self, keys: SigningKeyStore) -> None:
        first, second = a_signing_key(), announced()
        await keys.add(first)
        await keys.add(second)

        assert await keys.promote(second, first, now=LATER)
        assert list(await keys.all()) == [verifying(first), signing(second)]

    async def test_promotes_nothing_beside_a_key_that_signs(self, keys: SigningKeyStore) -> None:
        first, second = a_signing_key(), announced()
        await keys.add(first)
        await keys.add(second)

        assert not await keys.promote(second, None, now=LATER)
        assert list(await keys.all()) == [first, second]

    async def test_promotes_only_what_is_announced(self, keys: SigningKeyStore) -> None:
        first = a_signing_key()
        await keys.add(first)
        others = [a_signing_key(state=state) for state in (KeyState.VERIFYING, KeyState.RETIRED)]
        for other in others:
            await keys.add(other)

        for stranger in (*others, announced(), first):
            assert not await keys.promote(stranger, first, now=LATER)
        assert list(await keys.all()) == [first, *others]

    async def test_replaces_only_what_signs(self, keys: SigningKeyStore) -> None:
        first, second, older = a_signing_key(), announced(), a_signing_key(state=KeyState.VERIFYING)
        for key in (first, second, older):
            await keys.add(key)

        for no_signer in (older, a_signing_key(), second):
            assert not await keys.promote(second, no_signer, now=LATER)
        assert sorted(await keys.all(), key=by_id) == sorted((first, second, older), key=by_id)

    async def test_replaces_no_key_of_another_algorithm(self, keys: SigningKeyStore) -> None:
        first, second = a_signing_key(), announced(SigningAlgorithm.EDDSA)
        await keys.add(first)
        await keys.add(second)

        assert not await keys.promote(second, first, now=LATER)
        assert list(await keys.all()) == [first, second]

    async def test_swaps_a_key_for_its_later_self(self, keys: SigningKeyStore) -> None:
        key = a_signing_key()
        await keys.add(key)
        for state in (KeyState.VERIFYING, KeyState.RETIRED):
            moved = key.moved(state, now=LATER)

            assert await keys.replace(key, moved)
            assert list(await keys.all()) == [moved]
            key = moved

    @pytest.mark.parametrize(
        "stale",
        [
            {"sealed_private_key": SealedKey(b"another seal")},
            {"state": KeyState.VERIFYING},
            {"state_since": LATER},
            {"created_at": LATER},
            {"algorithm": SigningAlgorithm.EDDSA},
            {"public_jwk": {"kty": "EC"}},
        ],
    )
    async def test_swaps_only_exactly_what_was_expected(
        self, keys: SigningKeyStore, stale: dict[str, KeyState | SealedKey | PublicJwk]
    ) -> None:
        key = a_signing_key()
        await keys.add(key)
        old = replace(key, **stale)  # type: ignore[arg-type]  # one of its own fields

        assert not await keys.replace(old, key.moved(KeyState.RETIRED, now=LATER))
        assert list(await keys.all()) == [key]

    async def test_swaps_no_key_for_another_one(self, keys: SigningKeyStore) -> None:
        key = a_signing_key()
        await keys.add(key)

        assert not await keys.replace(key, a_signing_key())
        assert list(await keys.all()) == [key]

    async def test_swaps_nothing_into_a_place_that_is_taken(self, keys: SigningKeyStore) -> None:
        first, second = a_signing_key(), announced()
        await keys.add(first)
        await keys.add(second)

        assert not await keys.replace(second, signing(second))
        assert list(await keys.all()) == [first, second]

    @pytest.mark.parametrize("state", ONE_OF_EACH)
    async def test_ra_07_of_many_instances_one_adds_its_key(
        self, keys: SigningKeyStore, state: KeyState
    ) -> None:
        """RA-07: one signing key, and one next key, however many instances make one at once."""
        made = [a_signing_key(state=state) for _ in range(12)]

        added = await asyncio.gather(*(keys.add(key) for key in made))

        assert added.count(True) == 1
        assert list(await keys.all()) == [made[added.index(True)]]

    async def test_ra_07_of_many_promotions_at_once_one_succeeds(
        self, keys: SigningKeyStore
    ) -> None:
        first, second = a_signing_key(), announced()
        await keys.add(first)
        await keys.add(second)

        promoted = await asyncio.gather(
            *(keys.promote(second, first, now=LATER) for _ in range(8)),
            *(keys.replace(first, verifying(first)) for _ in range(2)),
        )

        assert promoted.count(True) == 1
        assert list(await keys.all()) in (
            [verifying(first), signing(second)],
            [verifying(first), second],
        )
