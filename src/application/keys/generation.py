"""Making signing keys: the first one at first start, another when the operator wants it."""

from collections.abc import Sequence
from dataclasses import dataclass

from hexkey.application.keys.publication import ReloadKeys
from hexkey.application.ports.keys import KeyMaker, SigningKeyStore
from hexkey.application.ports.system import Clock
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.keys import KeyState, SigningAlgorithm, SigningKey


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsureSigningKey:
    """See to it that there is a key to sign with, however many instances start at once."""

    store: SigningKeyStore
    maker: KeyMaker
    reload: ReloadKeys
    clock: Clock
    algorithm: SigningAlgorithm

    async def __call__(self) -> None:
        """Make a key if no instance has made one, and load the ring.

        Raises:
            UnusableKey: if a stored key cannot be used.
        """
        if self.algorithm is not SigningAlgorithm.HS256 and await self._signing() is None:
            made = self.maker.make(self.algorithm, now=self.clock.now())
            await self.store.install(made, replacing=None)  # False: another instance was faster
        await self.reload()

    async def _signing(self) -> SigningKey | None:
        return signing_key(await self.store.all(), self.algorithm)


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateSigningKey:
    """Replace the key that signs by a fresh one; the old one is still believed."""

    store: SigningKeyStore
    maker: KeyMaker
    clock: Clock

    async def __call__(self, *, algorithm: SigningAlgorithm) -> SigningKey:
        """Return the new key, which signs from the moment an instance has loaded it.

        Raises:
            TemporarilyUnavailable: if another key was installed at the same time.
            ValueError: for `HS256`, whose key comes from the master secret.
        """
        current = signing_key(await self.store.all(), algorithm)
        made = self.maker.make(algorithm, now=self.clock.now())
        if not await self.store.install(made, replacing=current):
            raise TemporarilyUnavailable
        return made


def signing_key(keys: Sequence[SigningKey], algorithm: SigningAlgorithm) -> SigningKey | None:
    """The one of `keys` that signs with `algorithm` now."""
    for key in keys:
        if key.algorithm is algorithm and key.state is KeyState.SIGNING:
            return key
    return None
