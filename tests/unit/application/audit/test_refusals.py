"""Refusals wait for a moment to be written down: how many, and what becomes of the others."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from hexkey.adapters.memory.audit_archive import MemoryAuditArchive
from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.audit.refusals import MOST_WAITING, Refusals
from hexkey.application.audit.starting import NoteStart
from hexkey.domain.access import Forbidden
from hexkey.domain.accounts.password import HashingOverloaded
from hexkey.domain.accounts.user import UserNotFound
from hexkey.domain.audit.event import AuditEvent, AuditType, Outcome
from hexkey.domain.authentication.credentials import InvalidCredentials
from hexkey.domain.authentication.throttle import TooManyAttempts
from hexkey.domain.errors import HexkeyError, TemporarilyUnavailable
from hexkey.domain.sessions.access_token import InvalidToken, TokenExpired
from hexkey.domain.sessions.api_key import TooManyApiKeys
from hexkey.domain.sessions.refresh_token import (
    RefreshTokenRejected,
    RefreshTokenReused,
    TooManyRefreshes,
)
from hexkey.domain.sessions.session import ReauthenticationRequired
from tests.support.audits import an_audit, an_event, events_in
from tests.support.doubles import START, FrozenClock

pytestmark = pytest.mark.anyio


class AwayArchive(MemoryAuditArchive):
    """Cannot be reached, and lets refusals come in while somebody tries."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store)
        self.away = True
        self.meanwhile = 0
        self.refusals: Refusals | None = None

    async def add(self, events: Sequence[AuditEvent]) -> None:
        if not self.away:
            return await super().add(events)
        for _ in range(self.meanwhile):
            assert self.refusals is not None
            self.refusals.note(Forbidden())
        raise TemporarilyUnavailable


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def archive(store: MemoryStore) -> AwayArchive:
    return AwayArchive(store)


@pytest.fixture
def refusals(archive: AwayArchive) -> Refusals:
    made = Refusals(archive=archive, audit=an_audit(), clock=FrozenClock())
    archive.refusals = made
    return made


NOTED = [
    (InvalidCredentials(), AuditType.SIGN_IN_REFUSED),
    (TooManyAttempts(retry_after=timedelta(1)), AuditType.SIGN_IN_THROTTLED),
    (RefreshTokenRejected(), AuditType.REFRESH_REFUSED),
    (RefreshTokenReused(), AuditType.REFRESH_REFUSED),
    (TooManyRefreshes(retry_after=timedelta(1)), AuditType.REFRESH_REFUSED),
    (Forbidden(), AuditType.ACCESS_REFUSED),
    (ReauthenticationRequired(), AuditType.ACCESS_REFUSED),
    (TooManyApiKeys(), AuditType.REQUEST_REFUSED),
]


class InternalError(HexkeyError):
    """What a defect is answered with."""

    code = "internal_error"


class TestNote:
    @pytest.mark.parametrize(("error", "kind"), NOTED, ids=lambda it: type(it).__name__)
    async def test_lg_01_names_what_was_refused_and_why(
        self,
        refusals: Refusals,
        archive: AwayArchive,
        store: MemoryStore,
        error: HexkeyError,
        kind: AuditType,
    ) -> None:
        archive.away = False
        refusals.note(error)
        await refusals.write()

        (event,) = events_in(store)
        assert (event.type, event.reason, event.at) == (kind, error.code, START)
        assert event.outcome is Outcome.REFUSED

    @pytest.mark.parametrize(
        ("error", "kind"),
        [
            (TemporarilyUnavailable(), AuditType.REQUEST_REFUSED),
            (HashingOverloaded(), AuditType.REQUEST_REFUSED),
            (InternalError(), AuditType.REQUEST_FAILED),
        ],
        ids=lambda it: type(it).__name__,
    )
    def test_lg_01_blames_nobody_for_what_has_failed(
        self, refusals: Refusals, error: HexkeyError, kind: AuditType
    ) -> None:
        refusals.note(error)

        (event,) = refusals._waiting
        assert (event.type, event.outcome, event.reason) == (kind, Outcome.FAILED, error.code)

    @pytest.mark.parametrize("error", [UserNotFound(), InvalidToken(), TokenExpired()])
    def test_leaves_out_what_anybody_can_cause(
        self, refusals: Refusals, error: HexkeyError
    ) -> None:
        refusals.note(error)

        assert refusals._waiting == []

    async def test_lg_01_takes_down_what_was_looked_at_and_what_was_missed(
        self, refusals: Refusals, archive: AwayArchive, store: MemoryStore
    ) -> None:
        archive.away = False
        refusals.looked("/admin/users")
        refusals.missed(AuditType.BREACHES_UNANSWERED, reason="silent")
        await refusals.write()

        looked, missed = events_in(store)
        assert (looked.type, looked.outcome) == (AuditType.ADMIN_READ, Outcome.DONE)
        assert (looked.details, looked.reason) == ({"path": "/admin/users"}, None)
        assert (missed.type, missed.outcome) == (AuditType.BREACHES_UNANSWERED, Outcome.FAILED)
        assert (missed.details, missed.reason) == ({}, "silent")


class TestNoteStart:
    @pytest.mark.parametrize("away", [True, False])
    async def test_lg_01_is_written_now_or_as_soon_as_it_can_be(
        self, refusals: Refusals, archive: AwayArchive, store: MemoryStore, away: bool
    ) -> None:
        archive.away = away
        note = NoteStart(archive=archive, waiting=refusals, audit=an_audit(), clock=FrozenClock())
        await note(settings={"issuer": "https://auth.example"})
        assert len(events_in(store)) == (not away)

        archive.away = False
        await refusals.write()

        (event,) = events_in(store)
        assert (event.type, event.at) == (AuditType.SERVER_STARTED, START)
        assert event.details == {"issuer": "https://auth.example"}


class TestRefusals:
    async def test_keep_their_order_and_come_before_what_was_noted_later(
        self, refusals: Refusals, archive: AwayArchive, store: MemoryStore
    ) -> None:
        earlier, later = an_event(), an_event()
        refusals.later(earlier)
        with pytest.raises(TemporarilyUnavailable):
            await refusals.write()
        refusals.later(later)
        archive.away = False
        await refusals.write()

        assert events_in(store) == [earlier, later]

    async def test_are_none_at_first(
        self, refusals: Refusals, archive: AwayArchive, store: MemoryStore
    ) -> None:
        """Nor is the store asked: it is away."""
        await refusals.write()

        assert archive.away
        assert events_in(store) == []

    @pytest.mark.parametrize(
        ("before", "meanwhile", "written", "dropped"),
        [
            (0, 0, 0, None),
            (3, 2, 5, None),
            (MOST_WAITING, 0, MOST_WAITING, None),
            (MOST_WAITING + 5, 0, MOST_WAITING, "5"),
            (MOST_WAITING - 1, 3, MOST_WAITING, "2"),
            (MOST_WAITING + 5, 3, MOST_WAITING, "8"),
        ],
    )
    async def test_wait_while_the_store_is_away_and_none_is_lost_uncounted(
        self,
        refusals: Refusals,
        archive: AwayArchive,
        store: MemoryStore,
        before: int,
        meanwhile: int,
        written: int,
        dropped: str | None,
    ) -> None:
        for _ in range(before):
            refusals.note(Forbidden())
        archive.meanwhile = meanwhile
        if before:
            with pytest.raises(TemporarilyUnavailable):
                await refusals.write()
        assert events_in(store) == []

        archive.away = False
        await refusals.write()
        await refusals.write()

        events = events_in(store)
        counted = [it.details["events"] for it in events if it.type == AuditType.REFUSALS_DROPPED]
        assert len(events) - len(counted) == written
        assert counted == ([] if dropped is None else [dropped])

    async def test_are_bounded_however_often_the_store_is_away(
        self, refusals: Refusals, archive: AwayArchive
    ) -> None:
        """LG-08: what is refused in an outage fills no memory."""
        archive.meanwhile = MOST_WAITING
        refusals.note(Forbidden())
        for _ in range(5):
            with pytest.raises(TemporarilyUnavailable):
                await refusals.write()

        assert len(refusals._waiting) == MOST_WAITING
