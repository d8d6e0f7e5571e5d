"""What `FollowChanges` tells, and when it vouches."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexkey.adapters.memory.change_bell import InProcessBell
from hexkey.application.ports.changes import CHANGES_AT_A_TIME, ChangeLog, StateChange
from hexkey.application.ports.sessions import SessionMemory
from hexkey.application.sessions.following import FollowChanges
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.identifiers import UserId
from tests.support.doubles import START, FrozenClock

pytestmark = pytest.mark.anyio


class OpenLog(ChangeLog):
    """A log whose numbers appear in the order the test says."""

    def __init__(self, *, settling: float = 20) -> None:
        self.visible: list[int] = []
        self.away = False
        self.read = 0
        self._settling = timedelta(seconds=settling)

    @property
    def settling(self) -> timedelta:
        return self._settling

    async def latest(self) -> int:
        self._ensure_there()
        return max(self.visible, default=0)

    async def after(self, sequence: int) -> Sequence[StateChange]:
        self._ensure_there()
        found = sorted(number for number in self.visible if number > sequence)[:CHANGES_AT_A_TIME]
        self.read += len(found)
        return [StateChange(number, UserId(f"user-{number}"), START) for number in found]

    def _ensure_there(self) -> None:
        if self.away:
            raise TemporarilyUnavailable


class Notebook(SessionMemory):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.forgotten: list[UserId] = []
        self.vouched: tuple[float, float] | None = None

    @property
    def vouches(self) -> bool:
        return self.vouched is not None

    def forget(self, user: UserId) -> None:
        self.forgotten.append(user)

    def vouch(self, *, since: float, until: float) -> None:
        self.vouched = (since, until)


@pytest.fixture
def log() -> OpenLog:
    return OpenLog()


@pytest.fixture
def memory() -> Notebook:
    return Notebook()


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def follow(log: OpenLog, memory: Notebook, clock: FrozenClock) -> FollowChanges:
    return FollowChanges(log=log, bell=InProcessBell(), memory=memory, clock=clock)


class TestFollowChanges:
    async def test_tells_of_each_change_once(
        self, follow: FollowChanges, log: OpenLog, memory: Notebook, clock: FrozenClock
    ) -> None:
        log.visible = [1, 2]
        await follow.poll()
        log.visible += [3, 4]
        for _ in range(100):
            await follow.poll()
            clock.advance(seconds=0.5)

        assert sorted(memory.forgotten) == ["user-3", "user-4"]

    async def test_tells_of_changes_that_appear_out_of_order(
        self, follow: FollowChanges, log: OpenLog, memory: Notebook, clock: FrozenClock
    ) -> None:
        await follow.poll()
        log.visible = [9]
        await follow.poll()
        clock.advance(seconds=19.9)
        log.visible += [7]  # was given its number before 9, and committed long after
        await follow.poll()

        assert memory.forgotten == ["user-9", "user-7"]

    async def test_stops_reading_again_what_has_settled(
        self, follow: FollowChanges, log: OpenLog, clock: FrozenClock
    ) -> None:
        await follow.poll()
        log.visible = [1, 2, 3]
        for _ in range(3):
            await follow.poll()
            clock.advance(seconds=20)
        log.read = 0
        await follow.poll()

        assert log.read == 0
        assert follow._place is not None
        assert not follow._place.seen

    async def test_vouches_from_the_first_settled_instant_for_a_second_from_each_poll(
        self, follow: FollowChanges, memory: Notebook, clock: FrozenClock
    ) -> None:
        await follow.poll()
        assert not memory.vouches
        clock.advance(seconds=0.5)
        await follow.poll()
        assert memory.vouched == (20.5, 1.5)
        clock.advance(seconds=0.5)
        await follow.poll()
        assert memory.vouched == (20.5, 2.0)

    async def test_vouches_no_more_while_the_log_is_away_and_begins_anew_after_it(
        self, follow: FollowChanges, log: OpenLog, memory: Notebook, clock: FrozenClock
    ) -> None:
        """RF-04: never unbounded trust."""
        for _ in range(2):
            await follow.poll()
        before = memory.vouched
        log.away = True
        clock.advance(seconds=10)
        await follow.poll()
        assert memory.vouched == before == (20.0, 1.0)

        log.away = False
        for _ in range(2):
            await follow.poll()
        assert memory.vouched == (30.0, 11.0)

    async def test_reads_a_log_that_is_longer_than_a_page(
        self, follow: FollowChanges, log: OpenLog, memory: Notebook
    ) -> None:
        await follow.poll()
        log.visible = list(range(1, 2 * CHANGES_AT_A_TIME + 1))
        await follow.poll()

        assert len(memory.forgotten) == 2 * CHANGES_AT_A_TIME

    async def test_looks_at_once_when_it_rings_and_stops_when_cancelled(
        self, log: OpenLog, memory: Notebook, clock: FrozenClock
    ) -> None:
        bell = InProcessBell()
        follow = FollowChanges(log=log, bell=bell, memory=memory, clock=clock)
        task = asyncio.create_task(follow())
        async with asyncio.timeout(20):
            while memory.vouched is None:  # noqa: ASYNC110
                await asyncio.sleep(0)
            log.visible = [1]
            bell.ring()
            while not memory.forgotten:  # noqa: ASYNC110
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])

        assert task.cancelled()

    async def test_se_03_rests_between_two_looks_and_looks_twice_a_second_at_least(
        self, log: OpenLog, memory: Notebook, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """SE-03: a bell that never stops is no reason to ask without end."""
        done: list[timedelta] = []

        async def rest(seconds: float) -> None:
            done.append(timedelta(seconds=seconds))

        class Ringing(InProcessBell):
            async def wait(self, *, at_most: timedelta) -> None:
                done.append(at_most)
                if len(done) == 6:
                    raise asyncio.CancelledError

        monkeypatch.setattr("hexkey.application.sessions.following.asyncio.sleep", rest)
        with pytest.raises(asyncio.CancelledError):
            await FollowChanges(log=log, bell=Ringing(), memory=memory, clock=clock)()

        assert done == [timedelta(milliseconds=50), timedelta(milliseconds=450)] * 3
        assert memory.vouches

    @pytest.mark.parametrize(("waited", "settled"), [(19.999, 0), (20, 9)])
    async def test_settles_what_was_seen_so_long_before_a_poll_began(
        self, follow: FollowChanges, log: OpenLog, clock: FrozenClock, waited: float, settled: int
    ) -> None:
        await follow.poll()
        log.visible = [9]
        await follow.poll()
        await follow.poll()  # what that one has read was there before it began
        clock.advance(seconds=waited)
        await follow.poll()

        assert follow._place is not None
        assert (follow._place.settled, follow._place.greatest) == (settled, 9)
        assert follow._place.seen == (set() if settled else {9})

    @given(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 19)), max_size=40))
    def test_misses_no_change_whatever_the_order(self, appearing: list[tuple[int, int]]) -> None:
        """Each number appears at most 19 seconds after the first greater one."""
        asyncio.run(_misses_nothing(appearing))


async def _misses_nothing(appearing: list[tuple[int, int]]) -> None:
    log, memory, clock = OpenLog(), Notebook(), FrozenClock()
    follow = FollowChanges(log=log, bell=InProcessBell(), memory=memory, clock=clock)
    await follow.poll()
    delays = dict(appearing)
    due = sorted((number + delay, number) for number, delay in delays.items())
    for instant in range(80):
        log.visible += [number for at, number in due if at == instant]
        await follow.poll()
        clock.advance(seconds=1)

    assert sorted(memory.forgotten) == sorted(UserId(f"user-{number}") for number in delays)
