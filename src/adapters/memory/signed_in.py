"""Remembering who is behind a session: for a second, or as long as somebody vouches for it.

Every request with a token asks; almost all of them are answered by one look into a dict.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta

from hexkey.adapters.memory.change_bell import InProcessBell
from hexkey.application.ports.changes import ChangeBell
from hexkey.application.ports.sessions import (
    SessionMemory,
    SignedIn,
    SignedInDirectory,
    StateChanges,
)
from hexkey.application.ports.system import Clock
from hexkey.domain.identifiers import SessionId, UserId

MAX_AGE = timedelta(seconds=1)  # also the longest delay of a change made by another process
MAX_VOUCHED_AGE = timedelta(seconds=60)  # whatever the follower of the changes says
MAX_REMEMBERED = 50_000  # sessions; about 65 MB when their users are all different

_AGE, _VOUCHED_AGE = MAX_AGE.total_seconds(), MAX_VOUCHED_AGE.total_seconds()


@dataclass(frozen=True, slots=True)
class _Load:
    """A question under way: `task` asks, and its answer may be as old as `begun`."""

    begun: float
    task: "asyncio.Task[SignedIn | None]"


class RememberedSignedIn(SignedInDirectory, StateChanges, SessionMemory):
    """A bounded memory in front of another `SignedInDirectory`.

    An answer counts as old as its question, and what was announced while a question was under way
    makes its answer worthless to everybody but those who had asked before.

    Args:
        directory: who knows.
        clock: only its `monotonic` is read; setting the clock back keeps nothing alive.
        bell: what tells other processes of an announcement.
        most: how many sessions are remembered; the one asked for longest ago goes first.
    """

    def __init__(
        self,
        directory: SignedInDirectory,
        *,
        clock: Clock,
        bell: ChangeBell | None = None,
        most: int = MAX_REMEMBERED,
    ) -> None:
        self._directory = directory
        self._bell = bell or InProcessBell()
        self._monotonic = clock.monotonic
        self._most = most
        self._remembered: OrderedDict[SessionId, tuple[float, SignedIn]] = OrderedDict()
        self._sessions_of: dict[UserId, set[SessionId]] = {}
        self._loads: dict[SessionId, _Load] = {}
        self._vouched_since = self._vouched_until = 0.0

    async def find(self, id: SessionId) -> SignedIn | None:
        remembered = self._remembered.get(id)
        if remembered is not None and self._believes(remembered[0]):
            return remembered[1]
        # Shielded: others may wait for the same answer when this request is cancelled.
        return await asyncio.shield(self._load(id).task)

    def announce(self, user: UserId) -> None:
        self.forget(user)
        self._bell.ring()

    def forget(self, user: UserId) -> None:
        for session in self._sessions_of.pop(user, ()):
            self._remembered.pop(session, None)
        # Whose sessions the questions under way are about is not known yet, so none of their
        # answers is kept, and nobody joins them any more.
        self._loads.clear()

    def vouch(self, *, since: float, until: float) -> None:
        self._vouched_since, self._vouched_until = since, until

    def _believes(self, asked: float) -> bool:
        now = self._monotonic()
        return now - asked < _AGE or (
            asked >= self._vouched_since
            and now < self._vouched_until
            and now - asked < _VOUCHED_AGE
        )

    def _load(self, id: SessionId) -> _Load:
        now = self._monotonic()
        load = self._loads.get(id)
        if load is None or now - load.begun >= _AGE:
            load = _Load(begun=now, task=asyncio.create_task(self._directory_find(id)))
            self._loads[id] = load
            load.task.add_done_callback(lambda _: self._finish(id, load))
        return load

    async def _directory_find(self, id: SessionId) -> SignedIn | None:
        return await self._directory.find(id)

    def _finish(self, id: SessionId, load: _Load) -> None:
        failed = load.task.cancelled() or load.task.exception() is not None
        if self._loads.get(id) is not load:
            return  # announced in the meantime, or overtaken
        del self._loads[id]
        found = None if failed else load.task.result()
        self._forget(id)
        if found is not None:
            self._remember(id, load.begun, found)

    def _remember(self, id: SessionId, asked: float, found: SignedIn) -> None:
        if len(self._remembered) >= self._most:
            self._forget(next(iter(self._remembered)))
        self._remembered[id] = (asked, found)
        self._sessions_of.setdefault(found.user.id, set()).add(id)

    def _forget(self, id: SessionId) -> None:
        remembered = self._remembered.pop(id, None)
        if remembered is None:
            return
        user = remembered[1].user.id
        siblings = self._sessions_of.get(user, set())
        siblings.discard(id)
        if not siblings:
            self._sessions_of.pop(user, None)
