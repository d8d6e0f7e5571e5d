"""Signing keys in a dict."""

from collections.abc import Sequence
from datetime import datetime

from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.ports.keys import SigningKeyStore
from hexkey.domain.audit.event import AuditEvent
from hexkey.domain.identifiers import KeyId
from hexkey.domain.keys import KeyState, SigningKey

_ONE_OF_EACH = (KeyState.ANNOUNCED, KeyState.SIGNING)


class MemorySigningKeyStore(SigningKeyStore):
    """Nothing here waits, so each call is as if it were alone."""

    def __init__(self, store: MemoryStore | None = None) -> None:
        self._keys: dict[KeyId, SigningKey] = {}
        self._audited = (store or MemoryStore()).committed

    async def all(self) -> Sequence[SigningKey]:
        return sorted(self._keys.values(), key=lambda key: (key.created_at, key.id))

    async def add(self, key: SigningKey, *, audited: AuditEvent | None = None) -> bool:
        return self._noted(key.id not in self._keys and self._put(key), audited)

    async def promote(
        self,
        announced: SigningKey,
        signing: SigningKey | None,
        *,
        now: datetime,
        audited: AuditEvent | None = None,
    ) -> bool:
        return self._noted(self._promoted(announced, signing, now), audited)

    def _promoted(self, announced: SigningKey, signing: SigningKey | None, now: datetime) -> bool:
        known = self._in_state(announced, KeyState.ANNOUNCED)
        replaced = None if signing is None else self._in_state(signing, KeyState.SIGNING)
        if known is None or (signing is not None and replaced is None):
            return False
        if replaced is None:
            return self._put(known.moved(KeyState.SIGNING, now=now))
        if replaced.algorithm is not known.algorithm:
            return False
        self._keys[replaced.id] = replaced.moved(KeyState.VERIFYING, now=now)
        return self._put(known.moved(KeyState.SIGNING, now=now))

    async def replace(
        self, old: SigningKey, new: SigningKey, *, audited: AuditEvent | None = None
    ) -> bool:
        replaced = new.id == old.id and self._keys.get(old.id) == old and self._put(new)
        return self._noted(replaced, audited)

    def _noted(self, done: bool, audited: AuditEvent | None) -> bool:
        if done:
            self._audited.note(audited)
        return done

    def _in_state(self, key: SigningKey, state: KeyState) -> SigningKey | None:
        found = self._keys.get(key.id)
        return found if found is not None and found.state is state else None

    def _put(self, key: SigningKey) -> bool:
        """Keep `key`, unless another one of its algorithm is where there may only be one."""
        for other in self._keys.values():
            same_place = (other.algorithm, other.state) == (key.algorithm, key.state)
            if key.state in _ONE_OF_EACH and same_place and other.id != key.id:
                return False
        self._keys[key.id] = key
        return True

    def forget_retired(self, *, before: datetime, limit: int) -> int:
        """Drop the keys that were retired before `before`; returns how many."""
        retired = (key for key in self._keys.values() if key.state is KeyState.RETIRED)
        old = [key.id for key in retired if key.state_since < before][:limit]
        for each in old:
            del self._keys[each]
        return len(old)
