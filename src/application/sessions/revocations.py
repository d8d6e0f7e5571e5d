"""Publishing whose tokens are refused, at once when that changes."""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from hexkey.application.ports.revocation_lists import RevocationListSigner
from hexkey.application.ports.revocations import DisabledUser, EndedSession, Revocations
from hexkey.application.ports.sessions import SessionMemory
from hexkey.application.ports.system import Clock
from hexkey.domain.identifiers import UserId
from hexkey.domain.sessions.revocation_list import (
    MOST_LISTED,
    RevocationList,
    RevocationStatement,
    not_before,
    oldest_that_matters,
)

PAGE = 1000  # rows of one question
GOOD_FOR = 1.0  # seconds a list is shown again, as long as nobody says that something changed
LOOK_AGAIN = timedelta(seconds=5)  # while waiting; for a change that nobody was told of
MOST_READERS = 1000  # who wait at a time; whoever comes then is answered without waiting
MOST_OF_ONE_NETWORK = 20  # of them; anybody may ask, and nobody is to take the place of others

Item = TypeVar("Item", EndedSession, DisabledUser)


class Reader:
    """Somebody who waits for news; whoever holds it may send them away.

    Args:
        network: where they ask from, as `network_of` says it.
    """

    def __init__(self, network: str = "") -> None:
        self.network = network
        self.leaving = False
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """There may be something new."""
        self._woken.set()

    def leave(self) -> None:
        """Wait no longer: the service stops."""
        self.leaving = True
        self._woken.set()

    async def rest(self, seconds: float) -> None:
        """Return when woken, or after that time."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), seconds)
        self._woken.clear()


class RevocationNews(SessionMemory):
    """Stands where the follower of changes tells of them: passes on, and wakes the readers.

    Attributes:
        count: how often something changed.
        readers: everybody who waits.
    """

    def __init__(self, memory: SessionMemory) -> None:
        self._memory = memory
        self.count = 0
        self.readers: set[Reader] = set()
        self._of_network: Counter[str] = Counter()

    def has_room_for(self, reader: Reader) -> bool:
        """Whether they may wait, beside everybody who does."""
        few = self._of_network[reader.network] < MOST_OF_ONE_NETWORK
        return few and len(self.readers) < MOST_READERS

    @contextmanager
    def waking(self, reader: Reader) -> Iterator[None]:
        """Wake them when something changes."""
        self.readers.add(reader)
        self._of_network[reader.network] += 1
        try:
            yield
        finally:
            self.readers.discard(reader)
            self._of_network[reader.network] -= 1
            self._of_network += Counter()  # drops the networks of which nobody waits

    def forget(self, user: UserId) -> None:
        """Pass it on first: nobody may be told before this process itself refuses."""
        self._memory.forget(user)
        self.count += 1
        for reader in self.readers:
            reader.wake()

    def vouch(self, *, since: float, until: float) -> None:
        """Pass it on; that nothing changed is no news."""
        self._memory.vouch(since=since, until=until)


@dataclass(frozen=True, slots=True)
class PublishedRevocations:
    """A signed list.

    Attributes:
        tag: names its content; the signature is another one each time.
    """

    tag: str
    text: str = field(repr=False)  # long


@dataclass(slots=True)
class _Copy:
    """A list, with what was known when it was read."""

    published: PublishedRevocations
    heard: int
    read_at: float


@dataclass(slots=True, kw_only=True)
class PublishRevocations:
    """Show what resource servers must refuse.

    Attributes:
        lifetime: of access tokens; what ended longer ago matters to nobody.
    """

    revocations: Revocations
    signer: RevocationListSigner
    news: RevocationNews
    clock: Clock
    issuer: str
    lifetime: timedelta
    _copy: _Copy | None = field(default=None, init=False)
    _underway: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def __call__(
        self,
        *,
        known: Collection[str] = (),
        wait: timedelta = timedelta(0),
        reader: Reader | None = None,
    ) -> PublishedRevocations:
        """Return the list: as soon as its tag is none of `known`, or after `wait`.

        Args:
            reader: who asks; by it the service may end the waiting before. There may be no room for
                them to wait; then they are answered at once.

        Raises:
            TemporarilyUnavailable: if the store is away, or there is no key to sign with.
        """
        reader = reader or Reader()
        patient = self.news.has_room_for(reader)
        until = self.clock.monotonic() + (wait.total_seconds() if patient else 0)
        with self.news.waking(reader):
            while True:
                published = await self._current()
                left = until - self.clock.monotonic()
                if published.tag not in known or left <= 0 or reader.leaving:
                    return published
                await reader.rest(min(left, LOOK_AGAIN.total_seconds()))

    async def _current(self) -> PublishedRevocations:
        """The list of now: read once for all who ask at a time, because anybody may ask."""
        if not self._is_current(self._copy):
            async with self._underway:
                if not self._is_current(self._copy):
                    heard, read_at = self.news.count, self.clock.monotonic()
                    self._copy = _Copy(await self._published(), heard, read_at)
        assert self._copy is not None  # noqa: S101 - for mypy
        return self._copy.published

    def _is_current(self, copy: _Copy | None) -> bool:
        if copy is None or copy.heard != self.news.count:
            return False
        return self.clock.monotonic() - copy.read_at < GOOD_FOR

    async def _published(self) -> PublishedRevocations:
        now = self.clock.now()
        since = oldest_that_matters(lifetime=self.lifetime, now=now)
        revoked = await self._revoked(since)
        statement = RevocationStatement.made(revoked, issuer=self.issuer, since=since, now=now)
        return PublishedRevocations(tag=revoked.tag, text=self.signer.sign(statement))

    async def _revoked(self, since: datetime) -> RevocationList:
        sessions, more_sessions = await _latest(self.revocations.ended_sessions, since)
        users, more_users = await _latest(self.revocations.disabled_users, since)
        left_out = [at for at in (more_sessions, more_users) if at is not None]
        return RevocationList(
            sessions={it.id: it.at.replace(microsecond=0) for it in sessions},
            users={it.id: not_before(it.at) for it in users},
            not_before=not_before(max(left_out)) if left_out else None,
        )


async def _latest(read: "_Read[Item]", since: datetime) -> tuple[Sequence[Item], datetime | None]:
    """The latest `MOST_LISTED`, and the instant of the latest of those left out."""
    kept: deque[Item] = deque(maxlen=MOST_LISTED)
    left_out: datetime | None = None
    after: Any = None
    while True:
        page = await read(since=since, after=after, limit=PAGE)
        for item in page:
            left_out = kept[0].at if len(kept) == MOST_LISTED else left_out
            kept.append(item)
        if len(page) < PAGE:
            return tuple(kept), left_out
        since, after = page[-1].at, page[-1].id


Item_co = TypeVar("Item_co", EndedSession, DisabledUser, covariant=True)


class _Read(Protocol[Item_co]):
    def __call__(
        self, *, since: datetime, after: Any, limit: int
    ) -> Awaitable[Sequence[Item_co]]: ...
