"""Signing keys: making, keeping and using them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from hexkey.domain.keys import SigningAlgorithm, SigningKey


class KeyMaker(Protocol):
    """Makes key pairs."""

    def make(self, algorithm: SigningAlgorithm, *, now: datetime) -> SigningKey:
        """A fresh pair, ready to sign, its private half sealed.

        Raises:
            ValueError: for `HS256`, whose key comes from the master secret.
        """
        ...


class SigningKeyStore(Protocol):
    """Where signing keys are kept, for all instances."""

    async def all(self) -> Sequence[SigningKey]:
        """Every key, oldest first."""
        ...

    async def install(self, key: SigningKey, *, replacing: SigningKey | None) -> bool:
        """Make `key` the one that signs for its algorithm; `replacing` only verifies from now on.

        Returns:
            False, and nothing changed, if `replacing` is not the key that signs now (or, when it
            is `None`, if any key signs): of several instances that try, one succeeds.
        """
        ...


class KeyRing(Protocol):
    """The keys this process signs and verifies with."""

    def load(self, keys: Sequence[SigningKey]) -> None:
        """Use exactly `keys` from now on.

        Raises:
            UnusableKey: if a private key cannot be unsealed or is too weak; the ring is unchanged.
        """
        ...

    def published(self) -> Sequence[dict[str, str]]:
        """The public keys, as they stand in the JWKS."""
        ...
