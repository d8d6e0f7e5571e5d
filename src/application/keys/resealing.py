"""Bringing the stored keys under a new master secret, while everything runs."""

from dataclasses import dataclass

from hexkey.application.ports.keys import KeySealer, SigningKeyStore
from hexkey.domain.errors import TemporarilyUnavailable

_PASSES = 5  # each one but the last met a key that another instance moved at that moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Resealed:
    """What was done.

    Attributes:
        total: keys that hold a private half, all under the present master secret now.
        changed: those that were not before.
    """

    total: int
    changed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResealKeys:
    """Seal every stored key under the present master secret; may be repeated at any time."""

    store: SigningKeyStore
    sealer: KeySealer

    async def __call__(self) -> Resealed:
        """Return how many keys there are, and how many had to be sealed anew.

        Raises:
            UnusableKey: if neither the present nor the previous master secret opens a key; what
                was done before stays done.
            TemporarilyUnavailable: if others change the keys faster than they can be sealed.
        """
        changed = 0
        for _ in range(_PASSES):
            done, lost = await self._pass()
            changed += done
            if not lost:
                total = sum(key.is_believed for key in await self.store.all())
                return Resealed(total=total, changed=changed)
        raise TemporarilyUnavailable

    async def _pass(self) -> tuple[int, int]:
        """How many keys were sealed anew, and how many were changed by others meanwhile."""
        done = lost = 0
        for key in await self.store.all():
            sealed = self.sealer.resealed(key)
            if sealed is not key:
                replaced = await self.store.replace(key, sealed)
                done, lost = done + replaced, lost + (not replaced)
        return done, lost
