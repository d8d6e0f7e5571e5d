"""What every `KeySealer` promises."""

from abc import ABC, abstractmethod
from dataclasses import replace

import pytest

from hexkey.application.ports.keys import KeySealer
from hexkey.domain.keys import SealedKey, SigningKey, UnusableKey


class KeySealerContract(ABC):
    """Subclass as `TestXxx` and provide the fixtures.

    `present` and `previous` are keys that were sealed under the present and the previous master
    secret of `sealer`; `foreign` was sealed under another one.
    """

    @abstractmethod
    def sealer(self) -> KeySealer: ...

    @abstractmethod
    def present(self) -> SigningKey: ...

    @abstractmethod
    def previous(self) -> SigningKey: ...

    @abstractmethod
    def foreign(self) -> SigningKey: ...

    def test_cr_05_seals_a_key_of_the_previous_secret_anew(
        self, sealer: KeySealer, previous: SigningKey
    ) -> None:
        resealed = sealer.resealed(previous)

        assert resealed.sealed_private_key != previous.sealed_private_key
        assert replace(resealed, sealed_private_key=previous.sealed_private_key) == previous

    def test_leaves_a_key_of_the_present_secret_as_it_is(
        self, sealer: KeySealer, present: SigningKey, previous: SigningKey
    ) -> None:
        assert sealer.resealed(present) is present
        resealed = sealer.resealed(previous)
        assert sealer.resealed(resealed) is resealed

    def test_refuses_a_key_of_another_secret(self, sealer: KeySealer, foreign: SigningKey) -> None:
        with pytest.raises(UnusableKey):
            sealer.resealed(foreign)

    def test_refuses_a_key_that_was_tampered_with(
        self, sealer: KeySealer, previous: SigningKey
    ) -> None:
        sealed = bytearray(previous.sealed_private_key)
        sealed[-1] ^= 1

        with pytest.raises(UnusableKey):
            sealer.resealed(replace(previous, sealed_private_key=SealedKey(bytes(sealed))))
