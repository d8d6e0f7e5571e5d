"""What `SessionMemory` promises: an answer is believed only while somebody knows it is true."""

from abc import ABC, abstractmethod

from hexkey.application.ports.sessions import SessionMemory, SignedIn, SignedInDirectory
from hexkey.domain.identifiers import SessionId
from tests.support.builders import a_session, a_user
from tests.support.doubles import FrozenClock


class CountingDirectory(SignedInDirectory):
    """Knows one session, and counts how often it was asked."""

    def __init__(self) -> None:
        user = a_user()
        self.found = SignedIn(a_session(user=user), user)
        self.asked = 0

    async def find(self, id: SessionId) -> SignedIn | None:
        self.asked += 1
        return self.found


class SessionMemoryContract(ABC):
    """Subclass as `TestXxxSessionMemory` and provide the fixtures; `memory` is also a directory."""

    @abstractmethod
    def directory(self) -> CountingDirectory:
        """Whom `memory` asks."""

    @abstractmethod
    def clock(self) -> FrozenClock: ...

    @abstractmethod
    def memory(self) -> SessionMemory: ...

    @abstractmethod
    def remembered(self, memory: SessionMemory) -> SignedInDirectory:
        """The same object as `memory`."""

    async def test_believes_for_a_minute_at_most_while_somebody_vouches(
        self,
        memory: SessionMemory,
        remembered: SignedInDirectory,
        directory: CountingDirectory,
        clock: FrozenClock,
    ) -> None:
        session, asked_at = directory.found.session.id, clock.monotonic()
        await remembered.find(session)
        for _ in range(119):
            clock.advance(seconds=0.5)
            memory.vouch(since=asked_at, until=clock.monotonic() + 1)
            await remembered.find(session)
        assert directory.asked == 1

        clock.advance(seconds=0.5)
        memory.vouch(since=asked_at, until=clock.monotonic() + 1)
        await remembered.find(session)
        assert directory.asked == 2

    async def test_does_not_believe_at_the_very_end_of_what_was_vouched_for(
        self,
        memory: SessionMemory,
        remembered: SignedInDirectory,
        directory: CountingDirectory,
        clock: FrozenClock,
    ) -> None:
        """RF-04: when the follower falls silent, trust ends by itself."""
        session = directory.found.session.id
        await remembered.find(session)
        memory.vouch(since=clock.monotonic(), until=clock.monotonic() + 5)
        clock.advance(seconds=4.999)
        await remembered.find(session)
        assert directory.asked == 1

        clock.advance(seconds=0.001)
        await remembered.find(session)
        assert directory.asked == 2

    async def test_believes_what_was_asked_before_only_for_its_own_second(
        self,
        memory: SessionMemory,
        remembered: SignedInDirectory,
        directory: CountingDirectory,
        clock: FrozenClock,
    ) -> None:
        session = directory.found.session.id
        await remembered.find(session)
        clock.advance(seconds=0.5)
        memory.vouch(since=clock.monotonic(), until=clock.monotonic() + 30)
        clock.advance(seconds=0.499)
        await remembered.find(session)
        assert directory.asked == 1

        clock.advance(seconds=0.001)
        await remembered.find(session)
        assert directory.asked == 2

    async def test_forgets_what_it_is_told_to_whoever_vouches(
        self,
        memory: SessionMemory,
        remembered: SignedInDirectory,
        directory: CountingDirectory,
        clock: FrozenClock,
    ) -> None:
        session = directory.found.session.id
        await remembered.find(session)
        memory.vouch(since=clock.monotonic(), until=clock.monotonic() + 30)
        memory.forget(directory.found.user.id)
        await remembered.find(session)

        assert directory.asked == 2
