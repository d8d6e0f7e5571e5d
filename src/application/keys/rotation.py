"""Rotating signing keys, by age or by an operator, so that no verifier notices."""

from dataclasses import dataclass
from typing import assert_never

from hexkey.application.keys.publication import ReloadKeys
from hexkey.application.ports.keys import KeyMaker, SigningKeyStore
from hexkey.application.ports.system import Clock
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.keys import (
    Announce,
    KeyState,
    Promote,
    Retire,
    RotationPolicy,
    SigningAlgorithm,
    SigningKey,
    Step,
    due_step,
    key_in,
)

_MOST_STEPS = 8  # announcing, promoting and a few retirements; the rest is for the next time


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateKeysWhenDue:
    """Do what has become due since the last time; every instance asks, one of them succeeds."""

    store: SigningKeyStore
    maker: KeyMaker
    reload: ReloadKeys
    clock: Clock
    algorithm: SigningAlgorithm
    policy: RotationPolicy

    async def __call__(self) -> None:
        """Bring the stored keys and then this process's ring up to date."""
        for _ in range(_MOST_STEPS):
            keys = await self.store.all()
            step = due_step(
                keys, self.algorithm, policy=self.policy, now=self.clock.now()
            )
            if step is None or not await self._do(step):
                break
        await self.reload()

    async def _do(self, step: Step) -> bool:
        now = self.clock.now()
        match step:
            case Announce():
                return await self.store.add(self.maker.make(self.algorithm, now=now))
            case Promote(announced, signing):
                return await self.store.promote(announced, signing, now=now)
            case Retire(key):
                return await self.store.replace(key, key.moved(KeyState.RETIRED, now=now))
            case never:
                assert_never(never)


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateKey:
    """Let an operator have the next key before its time."""

    store: SigningKeyStore
    maker: KeyMaker
    clock: Clock

    async def __call__(self, *, algorithm: SigningAlgorithm, at_once: bool = False) -> SigningKey:
        """Return the next key: announced, or signing already.

        Args:
            at_once: sign with it without announcing it, as after a leak; verifiers that cache the
                JWKS refuse its tokens until they ask again.

        Raises:
            TemporarilyUnavailable: if another instance moved a key at the same time.
        """
        now = self.clock.now()
        keys = await self.store.all()
        announced = key_in(keys, algorithm, KeyState.ANNOUNCED)
        if announced is None:
            announced = self.maker.make(algorithm, now=now)
            if not await self.store.add(announced):
                raise TemporarilyUnavailable
        if not at_once:
            return announced
        signing = key_in(keys, algorithm, KeyState.SIGNING)
        if not await self.store.promote(announced, signing, now=now):
            raise TemporarilyUnavailable
        return announced.moved(KeyState.SIGNING, now=now)
