"""What every `KeyRing` promises."""

from abc import ABC, abstractmethod
from dataclasses import replace

import pytest

from hexkey.application.ports.keys import KeyRing
from hexkey.domain.keys import KeyState, SealedKey, SigningAlgorithm, UnusableKey
from tests.support.issuing import a_signing_key


class KeyRingContract(ABC):
    """Subclass as `TestXxx` and provide the `ring` fixture, empty, of `issuing.SECRET`."""

    @abstractmethod
    def ring(self) -> KeyRing: ...

    def test_publishes_exactly_what_was_loaded(self, ring: KeyRing) -> None:
        first, second = (a_signing_key(SigningAlgorithm.ES256, number=n) for n in (1, 2))
        older = replace(first, state=KeyState.VERIFYING)

        for keys in ([first], [older, second], [second], []):
            ring.load(keys)
            assert ring.published() == [key.published() for key in keys]

    def test_publishes_every_key_but_the_retired_ones(self, ring: KeyRing) -> None:
        made = a_signing_key(SigningAlgorithm.ES256)
        for state in KeyState:
            key = made.moved(state, now=made.created_at)
            ring.load([key])

            assert ring.published() == ([] if state is KeyState.RETIRED else [key.published()])

    def test_can_sign_only_with_a_key_that_signs(self, ring: KeyRing) -> None:
        made = a_signing_key(SigningAlgorithm.ES256)
        for state in KeyState:
            ring.load([made.moved(state, now=made.created_at)])

            assert ring.can_sign is (state is KeyState.SIGNING)

    def test_cannot_sign_with_the_key_of_another_algorithm(self, ring: KeyRing) -> None:
        ring.load([a_signing_key(SigningAlgorithm.EDDSA)])

        assert not ring.can_sign

    def test_keeps_a_key_that_comes_back_under_a_seal_of_others(self, ring: KeyRing) -> None:
        """CR-05: so nothing fails while an instance with a newer secret seals the keys anew."""
        key = a_signing_key(SigningAlgorithm.ES256)
        ring.load([key])
        ring.load([key.sealed_as(SealedKey(b"not ours"))])

        assert ring.published() == [key.published()]

    def test_is_unchanged_when_a_key_cannot_be_used(self, ring: KeyRing) -> None:
        good, bad = (a_signing_key(SigningAlgorithm.ES256, number=n) for n in (1, 2))
        ring.load([good])

        with pytest.raises(UnusableKey):
            ring.load([good, replace(bad, sealed_private_key=SealedKey(b"junk"))])

        assert ring.published() == [good.published()]
