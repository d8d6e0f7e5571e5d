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

    def test_is_unchanged_when_a_key_cannot_be_used(self, ring: KeyRing) -> None:
        good, bad = (a_signing_key(SigningAlgorithm.ES256, number=n) for n in (1, 2))
        ring.load([good])

        with pytest.raises(UnusableKey):
            ring.load([good, replace(bad, sealed_private_key=SealedKey(b"junk"))])

        assert ring.published() == [good.published()]
