"""Taking down which sessions are in use."""

from collections.abc import Sequence
from typing import Protocol

from hexkey.domain.sessions.session import Session


class SessionSightings(Protocol):
    """Keeps when sessions were last used, for many of them at a time."""

    async def record(self, seen: Sequence[Session]) -> None:
        """Store `last_seen_at` and `idle_until` of each, durably, and nothing else of it.

        It may come late and more than once, and others use the same sessions meanwhile. So one
        that has ended stays ended, one that had been idle for too long when it was seen stays
        over, and one that has been seen later keeps that. Who remembers a session is not told.

        Args:
            seen: no session twice.

        Raises:
            TemporarilyUnavailable: if the store is away; nothing was stored.
        """
        ...
