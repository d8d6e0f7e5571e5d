"""Making the first signing key, at the first start."""

from dataclasses import dataclass

from hexkey.application.audit.recording import Audit
from hexkey.application.keys.making import MakeKey
from hexkey.application.keys.publication import ReloadKeys
from hexkey.application.ports.keys import SigningKeyStore
from hexkey.application.ports.system import Clock
from hexkey.domain.audit.event import AuditType
from hexkey.domain.keys import KeyState, SigningAlgorithm, key_in


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsureSigningKey:
    """See to it that there is a key to sign with, however many instances start at once."""

    store: SigningKeyStore
    make: MakeKey
    reload: ReloadKeys
    audit: Audit
    clock: Clock
    algorithm: SigningAlgorithm

    async def __call__(self) -> None:
        """Let a key sign if no instance has seen to it, and load the ring.

        The first key is not announced: nobody can have a token yet, nor an older JWKS to lack it.

        Raises:
            UnusableKey: if a stored key cannot be used; then none was made.
        """
        if self.algorithm is not SigningAlgorithm.HS256:
            await self._ensure()
        await self.reload()

    async def _ensure(self) -> None:
        keys = await self.store.all()
        if key_in(keys, self.algorithm, KeyState.SIGNING) is not None:
            return
        now = self.clock.now()
        announced = key_in(keys, self.algorithm, KeyState.ANNOUNCED)
        # Wherever another instance is faster, its key is as good as ours.
        if announced is not None:
            event = self.audit.event(AuditType.KEY_PROMOTED, at=now, subject=announced.id)
            await self.store.promote(announced, None, now=now, audited=event)
        else:
            made = await self.make(self.algorithm, beside=keys, now=now)
            event = self.audit.event(AuditType.KEY_MADE, at=now, subject=made.id)
            await self.store.add(made.moved(KeyState.SIGNING, now=now), audited=event)
