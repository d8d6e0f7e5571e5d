"""Rotating signing keys, by age or by an operator, so that no verifier notices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from hexkey.application.keys.making import MakeKey
from hexkey.application.keys.publication import ReloadKeys
from hexkey.application.ports.keys import SigningKeyStore
from hexkey.application.ports.system import Clock
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
                return await self.store.add(await self.make(self.algorithm, beside=keys, now=now))
            case Promote(announced, signing):
                return await self.store.promote(announced, signing, now=now)
            case Abandon(key):
                return await self.store.replace(key, key.moved(KeyState.VERIFYING, now=now))
            case Retire(key):
                return await self.store.replace(key, key.moved(KeyState.RETIRED, now=now))
            case never:
                assert_never(never)


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateKey:
    """Let an operator have the next key before its time."""

    store: SigningKeyStore
    make: MakeKey
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
            if not await self.store.add(announced):
                raise TemporarilyUnavailable
        if not at_once:
            return announced
        signing = key_in(keys, algorithm, KeyState.SIGNING)
        if not await self.store.promote(announced, signing, now=now):
            raise TemporarilyUnavailable
        return announced.moved(KeyState.SIGNING, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireKey:
    """Let an operator end a key at once, as after a leak; tokens that it signed are refused."""

    store: SigningKeyStore
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
        retired = key.moved(KeyState.RETIRED, now=self.clock.now())
        if not await self.store.replace(key, retired):
            raise TemporarilyUnavailable
        return retired
