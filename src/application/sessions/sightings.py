"""Being seen: noted in memory at a request, written down beside the requests."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from hexkey.application.ports.sightings import SessionSightings
from hexkey.domain.identifiers import SessionId
from hexkey.domain.sessions.session import Session, SessionPolicy

MOST_NOTED = 50_000  # sessions; as many as are remembered
BATCH = 500  # rows; a batch holds SQLite's one write lock for some milliseconds


@dataclass(slots=True, kw_only=True)
class RecentSightings:
    """What this process knows of the use of sessions, and the store perhaps not yet.

    Attributes:
        most: with one more, the one noted longest ago is forgotten; in use, it is noted again.
    """

    policy: SessionPolicy
    most: int = MOST_NOTED
    _seen: dict[SessionId, Session] = field(default_factory=dict, init=False)
    _unwritten: dict[SessionId, None] = field(default_factory=dict, init=False)

    def note(self, session: Session, *, now: datetime) -> None:
        """It is in use; that is noted when the note before has become due for another."""
        noted = self._seen.get(session.id)
        if noted is None or noted.is_due_to_be_seen(now=now):
            self._forget(session.id)
            if len(self._seen) >= self.most:
                self._forget(next(iter(self._seen)))
            self._seen[session.id] = session.seen(policy=self.policy, now=now)
            self._unwritten[session.id] = None

    def brought_up_to_date(self, session: Session) -> Session:
        """As stored, and seen when this process saw it."""
        noted = self._seen.get(session.id)
        if noted is None or noted.last_seen_at <= session.last_seen_at:
            return session
        return replace(session, last_seen_at=noted.last_seen_at, idle_until=noted.idle_until)

    def take(self, most: int) -> Sequence[Session]:
        """At most so many that are to be written, the earliest noted first."""
        ids = tuple(islice(self._unwritten, most))
        for each in ids:
            del self._unwritten[each]
        return [self._seen[each] for each in ids]

    def put_back(self, sessions: Sequence[Session]) -> None:
        """They could not be written; what was noted since then counts."""
        for session in sessions:
            if session.id in self._seen:
                self._unwritten[session.id] = None

    def _forget(self, id: SessionId) -> None:
        self._seen.pop(id, None)
        self._unwritten.pop(id, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteSightings:
    """Write down what was noted; to be called every few seconds, and before the process ends."""

    recent: RecentSightings
    sightings: SessionSightings

    async def __call__(self) -> None:
        """Write everything.

        Raises:
            TemporarilyUnavailable: if the store is away; the rest is for the next time.
        """
        while batch := self.recent.take(BATCH):
            try:
                await self.sightings.record(batch)
            except BaseException:  # to be cancelled loses nothing either
                self.recent.put_back(batch)
                raise
