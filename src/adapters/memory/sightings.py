"""When sessions were last used, in dicts."""

from collections.abc import Sequence
from dataclasses import replace

from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.ports.sightings import SessionSightings
from hexkey.domain.sessions.session import Session


class MemorySessionSightings(SessionSightings):
    """Takes its turn, as every transaction of a `MemoryStore` does."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def record(self, seen: Sequence[Session]) -> None:
        async with self._store.begin() as transaction:
            for session in seen:
                stored = await transaction.sessions.find(session.id)
                if stored is not None and _may_be_seen(stored, session):
                    at, until = session.last_seen_at, session.idle_until
                    transaction.sessions.put(replace(stored, last_seen_at=at, idle_until=until))
            await transaction.commit()


def _may_be_seen(stored: Session, seen: Session) -> bool:
    return stored.last_seen_at < seen.last_seen_at and stored.is_live(now=seen.last_seen_at)
