"""What `ChangeBell` promises, together with the log that is followed."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

from hexkey.adapters.memory.change_bell import InProcessBell
from hexkey.adapters.memory.signed_in import RememberedSignedIn
from hexkey.application.ports.changes import ChangeBell, ChangeLog
from hexkey.application.ports.sessions import SessionStore, SignedIn, SignedInDirectory
from hexkey.application.sessions.following import FollowChanges
from hexkey.domain.identifiers import SessionId
from tests.contracts.session_store import opened
from tests.contracts.signed_in_directory import disabled
from tests.support.builders import a_session, a_user
from tests.support.doubles import FrozenClock

A_WHILE = timedelta(seconds=20)  # never reached unless something is broken
MOMENT = timedelta(milliseconds=20)
LONGEST = 3.0  # seconds; a busy machine included


@dataclass
class Shared(SignedInDirectory):
    """What several processes share, with a list of what was asked."""

    store: SessionStore
    directory: SignedInDirectory
    log: ChangeLog
    asked: list[SessionId] = field(default_factory=list)

    async def find(self, id: SessionId) -> SignedIn | None:
        self.asked.append(id)
        return await self.directory.find(id)


@asynccontextmanager
async def listening(bell: ChangeBell) -> AsyncIterator[None]:
    """The bell listens inside the block."""
    task = asyncio.create_task(bell.listen())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def followed(shared: Shared, bell: ChangeBell) -> AsyncIterator[RememberedSignedIn]:
    """A memory that is vouched for inside the block; its time stands still, so nothing ages."""
    clock = FrozenClock()
    memory = RememberedSignedIn(shared, clock=clock, bell=bell)
    follow = FollowChanges(log=shared.log, bell=bell, memory=memory, clock=clock)
    await follow.poll()
    await follow.poll()
    clock.advance(seconds=shared.log.settling.total_seconds() + 1)
    await follow.poll()
    task = asyncio.create_task(follow())
    try:
        yield memory
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()


async def rings(bell: ChangeBell, *, within: timedelta = A_WHILE) -> bool:
    """Whether it rings before the time is up."""
    begun = asyncio.get_running_loop().time()
    await bell.wait(at_most=within)
    return asyncio.get_running_loop().time() - begun < within.total_seconds() * 0.9


async def settled(bell: ChangeBell) -> None:
    """Return when it listens: whoever begins to hear, here or elsewhere, may ring once."""
    await bell.wait(at_most=timedelta(seconds=0.5))
    while await rings(bell, within=MOMENT):
        pass


class ChangeBellContract(ABC):
    """Subclass as `TestXxxBell` and provide the fixtures."""

    @abstractmethod
    def mine(self) -> ChangeBell:
        """The bell of this process."""

    @abstractmethod
    def theirs(self) -> ChangeBell:
        """The bell of another process, or the same where there can be no other."""

    @abstractmethod
    def silent(self) -> ChangeBell:
        """A bell of this process that nobody elsewhere can ring, because something is broken."""

    @abstractmethod
    def shared(self) -> Shared:
        """What both processes share."""

    async def changed(self, shared: Shared, bell: ChangeBell) -> None:
        """Another process disables somebody."""
        user = a_user()
        await opened(shared.store, user, sessions=[])
        await disabled(shared.store, user)
        bell.ring()

    async def test_returns_when_the_time_is_up(self, mine: ChangeBell) -> None:
        assert not await rings(mine, within=MOMENT)

    async def test_never_waits_to_ring(self, theirs: ChangeBell) -> None:
        for _ in range(1000):
            theirs.ring()  # although nobody listens

    async def test_is_heard_elsewhere(
        self, mine: ChangeBell, theirs: ChangeBell, shared: Shared
    ) -> None:
        async with listening(mine), listening(theirs):
            await settled(mine)

            await self.changed(shared, theirs)

            assert await rings(mine)

    async def test_remembers_a_ring_that_nobody_waited_for(
        self, mine: ChangeBell, theirs: ChangeBell, shared: Shared
    ) -> None:
        async with listening(mine), listening(theirs):
            await settled(mine)
            await self.changed(shared, theirs)
            await asyncio.sleep(0.2)

            assert await rings(mine)

    async def test_stops_when_it_is_cancelled(self, mine: ChangeBell) -> None:
        async with asyncio.timeout(A_WHILE.total_seconds()):
            for delay in (0.0, 0.001, 0.02, 0.1):
                async with listening(mine):
                    await asyncio.sleep(delay)

    async def test_se_03_se_05_a_change_elsewhere_is_known_without_asking_again(
        self, mine: ChangeBell, theirs: ChangeBell, shared: Shared
    ) -> None:
        """SE-03, SE-05: told by the log, whose follower vouches for the rest."""
        async with followed(shared, mine) as memory, listening(theirs):
            await self._sees_what_others_do(memory, shared, theirs)

    async def test_the_bell_was_down_and_a_change_elsewhere_is_known_all_the_same(
        self, silent: ChangeBell, shared: Shared
    ) -> None:
        """RF-04: without a bell the log is looked at often enough."""
        async with followed(shared, silent) as memory:
            await self._sees_what_others_do(memory, shared, InProcessBell())

    async def _sees_what_others_do(
        self, memory: RememberedSignedIn, shared: Shared, theirs: ChangeBell
    ) -> None:
        user, bystander = a_user(), a_user()
        session, other = a_session(user=user), a_session(user=bystander)
        await opened(shared.store, user, bystander, sessions=[session, other])
        asked = shared.asked
        await memory.find(session.id)
        await memory.find(other.id)

        await disabled(shared.store, user)
        theirs.ring()

        begun = asyncio.get_running_loop().time()
        while (await memory.find(session.id)) == SignedIn(session, user):  # noqa: ASYNC110
            await asyncio.sleep(0.002)  # as requests come
        assert asyncio.get_running_loop().time() - begun < LONGEST
        await memory.find(other.id)
        assert asked.count(other.id) == 1
        assert asked.count(session.id) == 2
