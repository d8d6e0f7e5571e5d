"""What `SigningKeyStore` promises."""

import asyncio
from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import timedelta

from hexkey.application.ports.keys import SigningKeyStore
from hexkey.domain.keys import KeyState, SigningAlgorithm, SigningKey
from tests.support.builders import a_signing_key
from tests.support.doubles import START

LATER = START + timedelta(days=1)


def verifying(key: SigningKey) -> SigningKey:
    """`key` after its successor was installed."""
    return replace(key, state=KeyState.VERIFYING)


class SigningKeyStoreContract(ABC):
    """Subclass as `TestXxxSigningKeyStore` and provide the `keys` fixture."""

    @abstractmethod
    def keys(self) -> SigningKeyStore: ...

    async def test_is_empty_at_first(self, keys: SigningKeyStore) -> None:
        assert list(await keys.all()) == []

    async def test_gives_back_exactly_what_was_installed(self, keys: SigningKeyStore) -> None:
        key = a_signing_key()

        assert await keys.install(key, replacing=None)
        assert list(await keys.all()) == [key]

    async def test_a_second_first_key_is_not_installed(self, keys: SigningKeyStore) -> None:
        first = a_signing_key()
        await keys.install(first, replacing=None)

        assert not await keys.install(a_signing_key(), replacing=None)
        assert list(await keys.all()) == [first]

    async def test_a_replaced_key_still_verifies(self, keys: SigningKeyStore) -> None:
        first, second = a_signing_key(), a_signing_key(now=LATER)
        await keys.install(first, replacing=None)

        assert await keys.install(second, replacing=first)
        assert list(await keys.all()) == [verifying(first), second]

    async def test_does_not_replace_a_key_that_no_longer_signs(self, keys: SigningKeyStore) -> None:
        first, second = a_signing_key(), a_signing_key(now=LATER)
        await keys.install(first, replacing=None)
        await keys.install(second, replacing=first)

        for stale in (first, verifying(first), a_signing_key()):
            assert not await keys.install(a_signing_key(), replacing=stale)
        assert list(await keys.all()) == [verifying(first), second]

    async def test_every_algorithm_has_a_key_of_its_own(self, keys: SigningKeyStore) -> None:
        first = a_signing_key()
        second = a_signing_key(algorithm=SigningAlgorithm.EDDSA, now=LATER)
        await keys.install(first, replacing=None)

        assert not await keys.install(second, replacing=first)
        assert await keys.install(second, replacing=None)
        assert list(await keys.all()) == [first, second]

    async def test_lists_the_oldest_first(self, keys: SigningKeyStore) -> None:
        late = a_signing_key(now=LATER)
        early = a_signing_key(algorithm=SigningAlgorithm.RS256, now=START)
        await keys.install(late, replacing=None)
        await keys.install(early, replacing=None)

        assert list(await keys.all()) == [early, late]

    async def test_ra_07_of_many_first_starts_one_installs_its_key(
        self, keys: SigningKeyStore
    ) -> None:
        """RA-07: one signing key, however many instances begin at once."""
        made = [a_signing_key() for _ in range(12)]

        installed = await asyncio.gather(*(keys.install(key, replacing=None) for key in made))

        assert installed.count(True) == 1
        assert list(await keys.all()) == [made[installed.index(True)]]

    async def test_of_many_rotations_at_once_one_succeeds(self, keys: SigningKeyStore) -> None:
        first = a_signing_key()
        await keys.install(first, replacing=None)
        made = [a_signing_key(now=LATER) for _ in range(8)]

        installed = await asyncio.gather(*(keys.install(key, replacing=first) for key in made))

        assert installed.count(True) == 1
        assert list(await keys.all()) == [verifying(first), made[installed.index(True)]]
