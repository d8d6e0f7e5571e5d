"""What `SessionSightings` promises."""

import asyncio
from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import timedelta

import pytest

from hexkey.application.ports.sessions import SessionStore
from hexkey.application.ports.sightings import SessionSightings
from hexkey.domain.sessions.refresh_token import RefreshChain
from hexkey.domain.sessions.session import Session, SessionPolicy
from tests.contracts.session_store import kept, opened
from tests.support.builders import a_session, a_user
from tests.support.doubles import START

IDLE = timedelta(days=14)
POLICY = SessionPolicy(idle=IDLE, absolute=timedelta(days=30))
MOMENT = timedelta(milliseconds=1)
LATER = START + timedelta(minutes=1)


def seen(session: Session, after: timedelta = LATER - START) -> Session:
    return session.seen(policy=POLICY, now=START + after)


class SessionSightingsContract(ABC):
    """Subclass as `TestXxxSessionSightings`; provide `sightings`, and the `store` they are of."""

    @abstractmethod
    def sightings(self) -> SessionSightings: ...

    @abstractmethod
    def store(self) -> SessionStore: ...

    @pytest.fixture
    async def session(self, store: SessionStore) -> Session:
        user = a_user()
        session = a_session(user=user, lifetime=POLICY.absolute, idle=IDLE)
        await opened(store, user, sessions=[session])
        return session

    async def test_stores_when_many_were_seen_and_touches_no_other(
        self, store: SessionStore, sightings: SessionSightings
    ) -> None:
        user = a_user()
        sessions = [a_session(user=user, idle=IDLE) for _ in range(50)]
        await opened(store, user, sessions=sessions)

        await sightings.record([seen(it) for it in sessions[:-1]])

        assert [await kept(store, it) for it in sessions[:-1]] == list(map(seen, sessions[:-1]))
        assert await kept(store, sessions[-1]) == sessions[-1]

    async def test_takes_none_at_all(self, sightings: SessionSightings) -> None:
        await sightings.record([])

    async def test_brings_no_deleted_session_back(
        self, store: SessionStore, sightings: SessionSightings
    ) -> None:
        stranger = a_session(user=a_user())

        await sightings.record([seen(stranger)])

        assert await kept(store, stranger) is None

    async def test_se_04_revives_no_session_that_was_ended(
        self, store: SessionStore, sightings: SessionSightings
    ) -> None:
        user = a_user()
        over = a_session(user=user, ended_at=LATER + MOMENT)
        await opened(store, user, sessions=[over])

        await sightings.record([seen(over)])

        assert await kept(store, over) == over

    @pytest.mark.parametrize(("late", "extended"), [(-MOMENT, True), (0 * MOMENT, False)])
    async def test_se_04_extends_no_session_that_was_idle_for_too_long_when_it_was_seen(
        self,
        store: SessionStore,
        sightings: SessionSightings,
        session: Session,
        late: timedelta,
        extended: bool,
    ) -> None:
        """SE-04: seen in time and written late counts; seen too late never does."""
        used = seen(session, IDLE + late)

        await sightings.record([used])

        assert await kept(store, session) == (used if extended else session)

    async def test_never_goes_back_in_time(
        self, store: SessionStore, sightings: SessionSightings, session: Session
    ) -> None:
        latest = seen(session, timedelta(hours=1))
        await sightings.record([latest])

        await sightings.record([seen(session)])

        assert await kept(store, session) == latest

    async def test_may_be_repeated(
        self, store: SessionStore, sightings: SessionSightings, session: Session
    ) -> None:
        await sightings.record([seen(session)])
        await sightings.record([seen(session)])

        assert await kept(store, session) == seen(session)

    async def test_leaves_what_others_changed_meanwhile(
        self, store: SessionStore, sightings: SessionSightings, session: Session
    ) -> None:
        chain = RefreshChain(live=2, spent=(START,))
        refreshed = session.refreshed(chain, policy=POLICY, now=START)
        assert await store.replace(session, refreshed)
        async with store.begin() as transaction:
            proved = refreshed.reauthenticated(now=LATER)
            assert await transaction.sessions.replace(refreshed, proved)
            await transaction.commit()

        await sightings.record([seen(session)])

        assert await kept(store, session) == replace(
            seen(session), refresh=chain, authenticated_at=LATER
        )

    async def test_may_be_done_by_several_at_once(
        self, store: SessionStore, sightings: SessionSightings
    ) -> None:
        """In whatever order; a session that somebody else takes down at this moment may wait."""
        user = a_user()
        sessions = [a_session(user=user, idle=IDLE) for _ in range(20)]
        await opened(store, user, sessions=sessions)
        batch = [seen(it) for it in sessions]

        await asyncio.gather(
            sightings.record(batch), sightings.record(batch[::-1]), sightings.record(batch[5:])
        )

        assert [await kept(store, it) for it in sessions] == batch
