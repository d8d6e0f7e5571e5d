"""Who and what was refused lately, from dicts."""

from collections.abc import Sequence
from datetime import datetime

from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.ports.revocations import DisabledUser, EndedSession, Revocations
from hexkey.domain.accounts.user import Disabled
from hexkey.domain.identifiers import SessionId, UserId


class MemoryRevocations(Revocations):
    """Reads what is committed in a `MemoryStore`."""

    def __init__(self, store: MemoryStore) -> None:
        self._kept = store.committed

    async def ended_sessions(
        self, *, since: datetime, after: SessionId | None = None, limit: int
    ) -> Sequence[EndedSession]:
        kept = self._kept.sessions.values()
        ended = (EndedSession(it.id, it.ended_at) for it in kept if it.ended_at is not None)
        later = (it for it in ended if (it.at, it.id) > (since, after or ""))
        return sorted(later, key=lambda it: (it.at, it.id))[:limit]

    async def disabled_users(
        self, *, since: datetime, after: UserId | None = None, limit: int
    ) -> Sequence[DisabledUser]:
        kept = self._kept.users.values()
        disabled = (
            DisabledUser(it.id, it.status.at) for it in kept if isinstance(it.status, Disabled)
        )
        later = (it for it in disabled if (it.at, it.id) > (since, after or ""))
        return sorted(later, key=lambda it: (it.at, it.id))[:limit]
