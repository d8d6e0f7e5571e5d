"""Signing keys in a dict."""

from collections.abc import Sequence
from dataclasses import replace

from hexkey.application.ports.keys import SigningKeyStore
from hexkey.domain.identifiers import KeyId
from hexkey.domain.keys import KeyState, SigningAlgorithm, SigningKey


class MemorySigningKeyStore(SigningKeyStore):
    """Nothing here waits, so each call is as if it were alone."""

    def __init__(self) -> None:
        self._keys: dict[KeyId, SigningKey] = {}

    async def all(self) -> Sequence[SigningKey]:
        return sorted(self._keys.values(), key=lambda key: (key.created_at, key.id))

    async def install(self, key: SigningKey, *, replacing: SigningKey | None) -> bool:
        current = self._signing(key.algorithm)
        expected = None if replacing is None else replacing.id
        if (None if current is None else current.id) != expected or key.id in self._keys:
            return False
        if current is not None:
            self._keys[current.id] = replace(current, state=KeyState.VERIFYING)
        self._keys[key.id] = replace(key, state=KeyState.SIGNING)
        return True

    def _signing(self, algorithm: SigningAlgorithm) -> SigningKey | None:
        for key in self._keys.values():
            if key.algorithm is algorithm and key.state is KeyState.SIGNING:
                return key
        return None
