"""What `RememberedSignedIn` does beyond the contract: it asks rarely, and is never wrong."""

import asyncio

import pytest

from hexkey.adapters.memory.signed_in import RememberedSignedIn
from hexkey.application.ports.sessions import SignedIn, SignedInDirectory
from hexkey.domain.accounts.user import User
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.identifiers import SessionId, UserId
from tests.support.builders import a_session, a_user, an_id
from tests.support.doubles import FrozenClock

pytestmark = pytest.mark.anyio


class SlowDirectory(SignedInDirectory):
    """Counts the questions, and answers when the test lets it, with what it knew when asked."""

    def __init__(self) -> None:
        self.known: dict[SessionId, SignedIn] = {}
        self.asked: list[SessionId] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.away = False

    def knows(self, user: User | None = None) -> SignedIn:
        user = user or a_user()
        found = SignedIn(a_session(user=user), user)
        self.known[found.session.id] = found
        return found

    async def find(self, id: SessionId) -> SignedIn | None:
        self.asked.append(id)
        answer = self.known.get(id)
        await self.may_answer.wait()
        if self.away:
            raise TemporarilyUnavailable
        return answer


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def slow() -> SlowDirectory:
    return SlowDirectory()


@pytest.fixture
def remembered(slow: SlowDirectory, clock: FrozenClock) -> RememberedSignedIn:
    return RememberedSignedIn(slow, clock=clock, most=3)


async def begun(remembered: RememberedSignedIn, id: SessionId) -> "asyncio.Task[SignedIn | None]":
    """A question that has reached the directory and waits for its answer."""
    task = asyncio.create_task(remembered.find(id))
    for _ in range(3):
        await asyncio.sleep(0)
    return task


class TestRememberedSignedIn:
    async def test_asks_once_within_a_second(
        self, remembered: RememberedSignedIn, slow: SlowDirectory, clock: FrozenClock
    ) -> None:
        found = slow.knows()
        for _ in range(3):
            assert await remembered.find(found.session.id) == found
            clock.advance(milliseconds=333)

        assert slow.asked == [found.session.id]

    async def test_asks_again_at_the_very_second(
        self, remembered: RememberedSignedIn, slow: SlowDirectory, clock: FrozenClock
    ) -> None:
        found = slow.knows()
        await remembered.find(found.session.id)
        clock.advance(seconds=1)
        await remembered.find(found.session.id)

        assert len(slow.asked) == 2

    async def test_a_clock_that_is_set_back_keeps_nothing_alive(
        self, remembered: RememberedSignedIn, slow: SlowDirectory, clock: FrozenClock
    ) -> None:
        found = slow.knows()
        await remembered.find(found.session.id)
        clock.advance(seconds=0.6)
        clock.advance(hours=-1)
        clock.advance(seconds=0.6)
        await remembered.find(found.session.id)

        assert len(slow.asked) == 2

    async def test_an_answer_is_as_old_as_its_question(
        self, remembered: RememberedSignedIn, slow: SlowDirectory, clock: FrozenClock
    ) -> None:
        found = slow.knows()
        slow.may_answer.clear()
        first = await begun(remembered, found.session.id)
        clock.advance(seconds=0.9)
        slow.may_answer.set()
        await first
        clock.advance(seconds=0.1)
        await remembered.find(found.session.id)

        assert len(slow.asked) == 2

    async def test_questions_at_the_same_time_share_one_answer(
        self, remembered: RememberedSignedIn, slow: SlowDirectory
    ) -> None:
        found = slow.knows()
        slow.may_answer.clear()
        waiting = [await begun(remembered, found.session.id) for _ in range(5)]
        slow.may_answer.set()

        assert await asyncio.gather(*waiting) == [found] * 5
        assert slow.asked == [found.session.id]

    async def test_nobody_joins_a_question_that_was_asked_a_second_ago(
        self, remembered: RememberedSignedIn, slow: SlowDirectory, clock: FrozenClock
    ) -> None:
        found = slow.knows()
        slow.may_answer.clear()
        first = await begun(remembered, found.session.id)
        clock.advance(seconds=1)
        second = await begun(remembered, found.session.id)
        slow.may_answer.set()
        await asyncio.gather(first, second)

        assert len(slow.asked) == 2

    async def test_an_answer_that_was_under_way_when_a_change_was_announced_is_not_kept(
        self, remembered: RememberedSignedIn, slow: SlowDirectory
    ) -> None:
        before = slow.knows()
        session = before.session
        slow.may_answer.clear()
        overtaken = await begun(remembered, session.id)
        after = slow.known[session.id] = SignedIn(
            session, before.user.disabled(now=FrozenClock().at)
        )
        remembered.announce(before.user.id)
        later = await begun(remembered, session.id)
        slow.may_answer.set()

        assert await overtaken == before  # asked before the change
        assert await later == after
        assert await remembered.find(session.id) == after
        assert len(slow.asked) == 2

    async def test_an_announcement_forgets_all_sessions_of_that_user_and_no_others(
        self, remembered: RememberedSignedIn, slow: SlowDirectory
    ) -> None:
        user = a_user()
        mine, mine_too, foreign = slow.knows(user), slow.knows(user), slow.knows()
        for found in (mine, mine_too, foreign):
            await remembered.find(found.session.id)
        slow.asked.clear()

        remembered.announce(user.id)
        remembered.announce(UserId(an_id()))
        for found in (foreign, mine, mine_too):
            await remembered.find(found.session.id)

        assert slow.asked == [mine.session.id, mine_too.session.id]

    async def test_what_is_not_there_is_asked_for_again(
        self, remembered: RememberedSignedIn, slow: SlowDirectory
    ) -> None:
        unknown = SessionId(an_id())
        assert await remembered.find(unknown) is None
        assert await remembered.find(unknown) is None

        assert len(slow.asked) == 2

    async def test_remembers_so_many_and_no_more(
        self, remembered: RememberedSignedIn, slow: SlowDirectory
    ) -> None:
        first, *others = (slow.knows() for _ in range(4))
        for found in (first, *others):
            await remembered.find(found.session.id)
        slow.asked.clear()

        for found in others:
            await remembered.find(found.session.id)
        assert slow.asked == []
        await remembered.find(first.session.id)
        assert slow.asked == [first.session.id]
        assert len(remembered._sessions_of) == len(remembered._remembered) == 3

    async def test_an_error_reaches_everybody_who_waits_and_is_not_kept(
        self, remembered: RememberedSignedIn, slow: SlowDirectory
    ) -> None:
        found = slow.knows()
        slow.away = True
        slow.may_answer.clear()
        waiting = [await begun(remembered, found.session.id) for _ in range(2)]
        slow.may_answer.set()
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        slow.away = False

        assert [type(outcome) for outcome in outcomes] == [TemporarilyUnavailable] * 2
        assert await remembered.find(found.session.id) == found

    async def test_one_who_goes_away_takes_the_answer_from_nobody(
        self, remembered: RememberedSignedIn, slow: SlowDirectory
    ) -> None:
        found = slow.knows()
        slow.may_answer.clear()
        impatient = await begun(remembered, found.session.id)
        patient = await begun(remembered, found.session.id)
        impatient.cancel()
        await asyncio.gather(impatient, return_exceptions=True)
        slow.may_answer.set()

        assert await patient == found
        assert slow.asked == [found.session.id]

    async def test_a_remembered_answer_never_suspends(
        self, remembered: RememberedSignedIn, slow: SlowDirectory
    ) -> None:
        found = slow.knows()
        await remembered.find(found.session.id)

        with pytest.raises(StopIteration) as finished:
            remembered.find(found.session.id).send(None)

        assert finished.value.value == found
