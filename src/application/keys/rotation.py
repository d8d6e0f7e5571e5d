"""Rotating signing keys, by age or by an operator, so that no verifier notices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from hexkey.application.audit.recording import Audit
from hexkey.application.keys.making import MakeKey
from hexkey.application.keys.publication import ReloadKeys
from hexkey.application.ports.keys import SigningKeyStore
from hexkey.application.ports.system import Clock
from hexkey.domain.audit.event import AuditEvent, AuditType
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.identifiers import KeyId
from hexkey.domain.keys import (
    Abandon,
    Announce,
    KeyState,
    Promote,
    Retire,
    RotationPolicy,
    SigningAlgorithm,
    SigningKey,
    SigningKeyInUse,
    SigningKeyNotFound,
    Step,
    due_step,
    key_in,
)

_MOST_STEPS = 8  # announcing, promoting and a few retirements; the rest is for the next time


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateKeysWhenDue:
    """Do what has become due since the last time; every instance asks, one of them succeeds.

    To be called at least every minute.
    """

    store: SigningKeyStore
    make: MakeKey
    reload: ReloadKeys
    audit: Audit
    clock: Clock
    algorithm: SigningAlgorithm
    policy: RotationPolicy

    async def __call__(self) -> None:
        """Bring the stored keys and then this process's ring up to date.

        Raises:
            UnusableKey: if a stored key cannot be used; the ring is unchanged.
            TemporarilyUnavailable: if the store is away; the rest is for the next time.
        """
        for _ in range(_MOST_STEPS):
            keys, now = await self.store.all(), self.clock.now()
            step = due_step(keys, self.algorithm, policy=self.policy, now=now)
            if step is None or not await self._do(step, keys, now):
                break
        await self.reload()

    async def _do(self, step: Step, keys: Sequence[SigningKey], now: datetime) -> bool:
        match step:
            case Announce():
                made = await self.make(self.algorithm, beside=keys, now=now)
                return await self.store.add(made, audited=self._made(made, now))
            case Promote(announced, signing):
                event = self.audit.event(AuditType.KEY_PROMOTED, at=now, subject=announced.id)
                return await self.store.promote(announced, signing, now=now, audited=event)
            case Abandon(key):
                return await self.store.replace(key, key.moved(KeyState.VERIFYING, now=now))
            case Retire(key):
                event = self.audit.event(AuditType.KEY_RETIRED, at=now, subject=key.id)
                retired = key.moved(KeyState.RETIRED, now=now)
                return await self.store.replace(key, retired, audited=event)
            case never:
                assert_never(never)

    def _made(self, key: SigningKey, now: datetime) -> AuditEvent:
        return self.audit.event(AuditType.KEY_MADE, at=now, subject=key.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateKey:
    """Let an operator have the next key before its time."""

    store: SigningKeyStore
    make: MakeKey
    audit: Audit
    clock: Clock

    async def __call__(self, *, algorithm: SigningAlgorithm, at_once: bool = False) -> SigningKey:
        """Return the next key: announced, or signing already.

        Args:
            at_once: sign with it without announcing it, as after a leak; verifiers that cache the
                JWKS refuse its tokens until they ask again.

        Raises:
            TemporarilyUnavailable: if another instance moved a key at the same time.
            UnusableKey: if this process does not have the master secret of the stored keys.
            ValueError: for `HS256`, whose key comes from the master secret.
        """
        keys, now = await self.store.all(), self.clock.now()
        announced = key_in(keys, algorithm, KeyState.ANNOUNCED)
        if announced is None:
            announced = await self.make(algorithm, beside=keys, now=now)
            made = self.audit.event(AuditType.KEY_MADE, at=now, subject=announced.id)
            if not await self.store.add(announced, audited=made):
                raise TemporarilyUnavailable
        if not at_once:
            return announced
        signing = key_in(keys, algorithm, KeyState.SIGNING)
        event = self.audit.event(AuditType.KEY_PROMOTED, at=now, subject=announced.id)
        if not await self.store.promote(announced, signing, now=now, audited=event):
            raise TemporarilyUnavailable
        return announced.moved(KeyState.SIGNING, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireKey:
    """Let an operator end a key at once, as after a leak; tokens that it signed are refused."""

    store: SigningKeyStore
    audit: Audit
    clock: Clock

    async def __call__(self, *, id: KeyId) -> SigningKey:
        """Return the key, retired; doing it twice changes nothing.

        Raises:
            SigningKeyNotFound: if there is none of that id.
            SigningKeyInUse: if it signs; nothing could be signed without it.
            TemporarilyUnavailable: if another instance moved it at the same time.
        """
        key = next((key for key in await self.store.all() if key.id == id), None)
        if key is None:
            raise SigningKeyNotFound
        if key.state is KeyState.SIGNING:
            raise SigningKeyInUse
        if key.state is KeyState.RETIRED:
            return key
        now = self.clock.now()
        retired = key.moved(KeyState.RETIRED, now=now)
        event = self.audit.event(AuditType.KEY_RETIRED, at=now, subject=key.id)
        if not await self.store.replace(key, retired, audited=event):
            raise TemporarilyUnavailable
        return retired
