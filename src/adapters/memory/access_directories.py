"""Looking roles and API keys up in the memory store, as last committed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.ports.access import RoleDirectory
from hexkey.application.ports.api_keys import ApiKeyDirectory, KeyAndOwner
from hexkey.domain.access import Role, RoleDefinition
from hexkey.domain.identifiers import ApiKeyId


class MemoryRoleDirectory(RoleDirectory):
    """Reads what is committed in a `MemoryStore`."""

    def __init__(self, store: MemoryStore) -> None:
        self._kept = store.committed

    async def all(self) -> Mapping[Role, RoleDefinition]:
        return dict(sorted(self._kept.roles.items()))


class MemoryApiKeyDirectory(ApiKeyDirectory):
    """Reads what is committed in a `MemoryStore`."""

    def __init__(self, store: MemoryStore) -> None:
        self._kept = store.committed

    async def find(self, digest: str) -> KeyAndOwner | None:
        for key in self._kept.api_keys.values():
            owner = self._kept.user(key.owner)
            if key.digest == digest and owner is not None:
                return KeyAndOwner(key=key, owner=owner)
        return None

    async def record_use(self, used: Mapping[ApiKeyId, datetime]) -> None:
        for id_, at in used.items():
            key = self._kept.api_keys.get(id_)
            if key is not None and (key.last_used_at is None or key.last_used_at < at):
                self._kept.api_keys[id_] = replace(key, last_used_at=at)

    async def forget_expired(self, *, before: datetime, limit: int) -> int:
        keys = self._kept.api_keys
        old = [key for key, it in keys.items() if it.expires_at and it.expires_at < before]
        for key in old[:limit]:
            del keys[key]
        return len(old[:limit])
