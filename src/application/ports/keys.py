"""Signing keys: making, keeping and using them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from hexkey.domain.audit.event import AuditEvent
from hexkey.domain.keys import SigningAlgorithm, SigningKey


class KeyMaker(Protocol):
    """Makes key pairs."""

    def make(self, algorithm: SigningAlgorithm, *, now: datetime) -> SigningKey:
        """A fresh pair, announced, its private half sealed. May take a second: not for the loop.

        Raises:
            ValueError: for `HS256`, whose key comes from the master secret.
        """
        ...


class SigningKeyStore(Protocol):
    """Where signing keys are kept, for all instances."""

    async def all(self) -> Sequence[SigningKey]:
        """Every key, the oldest first, retired ones included."""
        ...

    async def add(self, key: SigningKey, *, audited: AuditEvent | None = None) -> bool:
        """Keep a new key.

        Args:
            audited: of this and the other changes: written down exactly if the change was made.

        Returns:
            False, and nothing changed, if another key of its algorithm is in the same state and
            that state admits only one (announced, signing): of several instances, one succeeds.
        """
        ...

    async def promote(
        self,
        announced: SigningKey,
        signing: SigningKey | None,
        *,
        now: datetime,
        audited: AuditEvent | None = None,
    ) -> bool:
        """Let `announced` sign, and `signing` only verify from now on.

        Returns:
            False, and nothing changed, if either is no longer in that state, or if `signing` is
            `None` and a key of the algorithm signs.
        """
        ...

    async def replace(
        self, old: SigningKey, new: SigningKey, *, audited: AuditEvent | None = None
    ) -> bool:
        """Swap `old` for `new`, which has the same id, atomically.

        Returns:
            False, and nothing changed, if the stored key is no longer exactly `old`.
        """
        ...


class KeySealer(Protocol):
    """Encrypts private keys under the master secret."""

    def resealed(self, key: SigningKey) -> SigningKey:
        """`key`, sealed under the present master secret; the same object if it is already.

        Raises:
            UnusableKey: if neither the present nor the previous master secret opens it.
        """
        ...


class KeyRing(Protocol):
    """The keys this process signs and verifies with."""

    def load(self, keys: Sequence[SigningKey]) -> None:
        """Use exactly those of `keys` that are believed from now on.

        A key that was loaded before is not unsealed again.

        Raises:
            UnusableKey: if a private key cannot be unsealed or is too weak; the ring is unchanged.
        """
        ...

    @property
    def can_sign(self) -> bool:
        """Whether there is a key for new tokens; one that is only announced is none."""
        ...

    def published(self) -> Sequence[dict[str, str]]:
        """The public keys, as they stand in the JWKS."""
        ...
