"""SE-04, SE-11: sessions that are in use are noted in memory, and written down beside."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexkey.application.ports.sightings import SessionSightings
from hexkey.application.sessions.sightings import BATCH, RecentSightings, WriteSightings
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.sessions.session import SEEN_EVERY, Session, SessionPolicy
from tests.support.builders import a_session, a_user
from tests.support.doubles import START

pytestmark = pytest.mark.anyio

POLICY = SessionPolicy(idle=timedelta(days=14), absolute=timedelta(days=30))
MOMENT = timedelta(milliseconds=1)
LATER = START + SEEN_EVERY


class Written(SessionSightings):
    """Keeps every batch; fails as often as it is told to."""

    def __init__(self) -> None:
        self.batches: list[list[Session]] = []
        self.failures: list[BaseException] = []

    async def record(self, seen: Sequence[Session]) -> None:
        if self.failures:
            raise self.failures.pop()
        self.batches.append(list(seen))

    @property
    def instants(self) -> list[datetime]:
        return [it.last_seen_at for batch in self.batches for it in batch]


@pytest.fixture
def recent() -> RecentSightings:
    return RecentSightings(policy=POLICY)


@pytest.fixture
def written() -> Written:
    return Written()


@pytest.fixture
def write(recent: RecentSightings, written: Written) -> WriteSightings:
    return WriteSightings(recent=recent, sightings=written)


@pytest.fixture
def session() -> Session:
    return a_session(user=a_user(), lifetime=POLICY.absolute, idle=POLICY.idle)


class TestRecentSightings:
    async def test_se_11_are_written_once_a_minute_however_long_others_remember_the_row(
        self, recent: RecentSightings, write: WriteSightings, written: Written, session: Session
    ) -> None:
        """SE-11: what is remembered stays as it was read, and due, for up to a minute."""
        for second in range(60, 180):
            recent.note(session, now=START + timedelta(seconds=second))
            await write()

        assert written.instants == [LATER, LATER + SEEN_EVERY]

    async def test_are_the_latest_of_what_is_stored_and_what_is_noted(
        self, recent: RecentSightings, session: Session
    ) -> None:
        noted, stored_later = (
            session.seen(policy=POLICY, now=LATER),
            session.seen(policy=POLICY, now=LATER + MOMENT),
        )
        assert recent.brought_up_to_date(session) is session
        recent.note(session, now=LATER)

        assert recent.brought_up_to_date(session) == noted
        assert recent.brought_up_to_date(stored_later) is stored_later

    async def test_change_nothing_else_of_a_session(
        self, recent: RecentSightings, session: Session
    ) -> None:
        recent.note(session, now=LATER)
        ended = session.reauthenticated(now=LATER).ended(now=LATER)

        assert recent.brought_up_to_date(ended) == ended.seen(policy=POLICY, now=LATER)

    async def test_are_bounded(self, written: Written) -> None:
        """Whoever was noted longest ago is forgotten, and noted again when they come back."""
        recent, user = RecentSightings(policy=POLICY, most=2), a_user()
        sessions = [a_session(user=user) for _ in range(3)]
        for each in sessions:
            recent.note(each, now=LATER)

        await WriteSightings(recent=recent, sightings=written)()

        assert [it.id for it in written.batches[0]] == [it.id for it in sessions[1:]]
        assert recent.brought_up_to_date(sessions[0]) is sessions[0]

    @given(st.lists(st.integers(0, 600), min_size=1, max_size=30).map(sorted))
    def test_se_04_never_end_a_session_before_its_idle_time_is_over(
        self, seconds: list[int]
    ) -> None:
        """SE-04: a process knows of the last use, exact to a minute, although nothing is stored."""
        recent = RecentSightings(policy=POLICY)
        session = a_session(user=a_user(), lifetime=POLICY.absolute, idle=POLICY.idle)
        for each in seconds:
            recent.note(session, now=START + timedelta(seconds=each))
        used = START + timedelta(seconds=seconds[-1])

        known = recent.brought_up_to_date(session)

        assert used - SEEN_EVERY < known.last_seen_at <= used
        assert known.idle_until == known.last_seen_at + POLICY.idle


class TestWriteSightings:
    async def test_writes_many_in_few_statements(
        self, recent: RecentSightings, write: WriteSightings, written: Written
    ) -> None:
        user = a_user()
        for _ in range(BATCH + 1):
            recent.note(a_session(user=user), now=LATER)

        await write()

        assert [len(batch) for batch in written.batches] == [BATCH, 1]

    async def test_writes_nothing_twice(
        self, recent: RecentSightings, write: WriteSightings, written: Written, session: Session
    ) -> None:
        recent.note(session, now=LATER)
        await write()
        await write()

        assert len(written.batches) == 1

    @pytest.mark.parametrize("failure", [TemporarilyUnavailable(), GeneratorExit()])
    async def test_keeps_what_it_could_not_write(
        self,
        recent: RecentSightings,
        write: WriteSightings,
        written: Written,
        session: Session,
        failure: BaseException,
    ) -> None:
        """Also when it is cancelled, as by the end of the service."""
        recent.note(session, now=LATER)
        written.failures.append(failure)
        with pytest.raises(type(failure)):
            await write()

        recent.note(session, now=LATER + SEEN_EVERY)
        await write()

        assert written.instants == [LATER + SEEN_EVERY]
