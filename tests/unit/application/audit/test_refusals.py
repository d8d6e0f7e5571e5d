"""Refusals wait for a moment to be written down: how many, and what becomes of the others."""

from collections.abc import Sequence

import pytest

from hexkey.adapters.memory.audit_archive import MemoryAuditArchive
from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.audit.refusals import MOST_WAITING, Refusals
from hexkey.domain.access import Forbidden
from hexkey.domain.audit.event import AuditEvent, AuditType
from hexkey.domain.errors import TemporarilyUnavailable
from tests.support.audits import an_audit, events_in
from tests.support.doubles import FrozenClock

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


class TestRefusals:
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
