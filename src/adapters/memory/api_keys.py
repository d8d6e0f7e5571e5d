"""API keys, inside a transaction on dicts."""

from collections.abc import Sequence

from hexkey.adapters.memory.committed import Committed
from hexkey.adapters.memory.pending import Pending
from hexkey.application.ports.api_keys import ApiKeys
from hexkey.domain.identifiers import ApiKeyId, UserId
from hexkey.domain.sessions.api_key import ApiKey


class MemoryApiKeys(ApiKeys):
    """The API keys, as one transaction sees and changes them."""

    def __init__(self, committed: Committed, pending: Pending) -> None:
        self._committed = committed
        self._pending = pending

    async def add(self, key: ApiKey) -> None:
        self._pending.api_keys[key.id] = key

    async def of_owner(self, owner: UserId) -> Sequence[ApiKey]:
        seen = {**self._committed.api_keys, **self._pending.api_keys}
        found = [key for key in seen.values() if key is not None and key.owner == owner]
        return sorted(found, key=lambda key: (key.created_at, key.id), reverse=True)

    async def remove(self, id: ApiKeyId, *, owner: UserId) -> bool:
        mine = [key.id for key in await self.of_owner(owner)]
        if id in mine:
            self._pending.api_keys[id] = None
        return id in mine
