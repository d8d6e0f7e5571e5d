"""All events of a search, whatever their number is to the size of a batch."""

import pytest

from hexkey.adapters.crypto.cursors import EncryptedCursors
from hexkey.adapters.crypto.derived_keys import DerivedKeys, MasterSecret
from hexkey.adapters.memory.audit_archive import MemoryAuditArchive
from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.audit import searching
from hexkey.application.audit.searching import (
    ExplainRequest,
    ExplanationNotFound,
    SearchAuditTrail,
)
from hexkey.application.ports.audit import AuditQuery
from hexkey.domain.audit.event import AuditEvent, AuditType
from hexkey.domain.paging import InvalidCursor
from tests.support.audits import an_audit, an_event, events_in
from tests.support.doubles import START, FrozenClock

pytestmark = pytest.mark.anyio

BATCH = 3
ALL = AuditQuery(type=AuditType.USER_UPDATED)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def search(store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> SearchAuditTrail:
    monkeypatch.setattr(searching, "_BATCH", BATCH)
    return SearchAuditTrail(
        archive=MemoryAuditArchive(store),
        cursors=EncryptedCursors(DerivedKeys(MasterSecret(b"s" * 32))),
        audit=an_audit(),
        clock=FrozenClock(),
    )


class TestEvery:
    @pytest.mark.parametrize("there", range(2 * BATCH + 2))
    @pytest.mark.parametrize("limit", [None, *range(2 * BATCH + 2)])
    async def test_event_is_handed_out_once_up_to_the_limit(
        self, search: SearchAuditTrail, store: MemoryStore, there: int, limit: int | None
    ) -> None:
        events = [an_event() for _ in range(there)]
        await search.archive.add(events)

        found = [it async for it in search.every(ALL, limit=limit)]

        assert found == events[::-1][:limit]
        (noted,) = [it for it in events_in(store) if it.type == AuditType.AUDIT_READ]
        assert noted.details["events"] == str(len(found))

    async def test_export_is_told_from_reading(
        self, search: SearchAuditTrail, store: MemoryStore
    ) -> None:
        assert [it async for it in search.every(ALL, exporting=True)] == []

        assert [it.type for it in events_in(store)] == [AuditType.AUDIT_EXPORTED]

    @pytest.mark.parametrize("there", [0, 1, BATCH, 2 * BATCH + 1])
    async def test_lg_01_export_is_written_down_once_and_hands_everything_out(
        self, search: SearchAuditTrail, store: MemoryStore, there: int
    ) -> None:
        """LG-01: and is no part of what it hands out itself."""
        events = [an_event() for _ in range(there)]
        await search.archive.add(events)

        found = [it async for it in search.every(AuditQuery(), exporting=True)]

        assert found == events[::-1]
        (noted,) = [it for it in events_in(store) if it.type == AuditType.AUDIT_EXPORTED]
        assert noted.details == {"query": ""}

    async def test_lg_01_export_is_written_down_before_anything_leaves(
        self, search: SearchAuditTrail, store: MemoryStore
    ) -> None:
        """LG-01: whoever takes one event and goes away has taken it."""
        await search.archive.add([an_event() for _ in range(BATCH + 1)])

        async for _ in search.every(ALL, exporting=True):
            break

        assert AuditType.AUDIT_EXPORTED in {it.type for it in events_in(store)}

    async def test_lg_01_reading_is_written_down_with_what_was_asked(
        self, search: SearchAuditTrail, store: MemoryStore
    ) -> None:
        query = AuditQuery(type=AuditType.USER_UPDATED, subject="ann")
        assert [it async for it in search.every(query)] == []

        (noted,) = events_in(store)
        assert (noted.type, noted.at) == (AuditType.AUDIT_READ, START)
        assert noted.details == {"query": "type=user.updated subject=ann", "events": "0"}


class TestPages:
    @pytest.mark.parametrize("there", range(6))
    async def test_have_a_next_one_only_if_there_is_more(
        self, search: SearchAuditTrail, there: int
    ) -> None:
        events = [an_event() for _ in range(there)]
        await search.archive.add(events)
        found: list[AuditEvent] = []
        cursor, pages = None, 0

        while pages == 0 or cursor is not None:
            page = await search(ALL, cursor=cursor, limit=2)
            found += page.events
            cursor, pages = page.next_cursor, pages + 1

        assert found == events[::-1]
        assert pages == max(1, (there + 1) // 2)

    @pytest.mark.parametrize("there", range(4))
    async def test_lg_01_are_written_down_with_how_many_were_shown(
        self, search: SearchAuditTrail, store: MemoryStore, there: int
    ) -> None:
        await search.archive.add([an_event(subject="ann") for _ in range(there)])
        page = await search(AuditQuery(subject="ann"), cursor=None, limit=2)

        noted = events_in(store)[-1]
        assert (noted.type, noted.at) == (AuditType.AUDIT_READ, START)
        assert noted.details == {"query": "subject=ann", "events": str(len(page.events))}
        assert len(page.events) == min(there, 2)

    async def test_are_of_the_query_that_they_were_begun_with(
        self, search: SearchAuditTrail
    ) -> None:
        await search.archive.add([an_event() for _ in range(3)])
        page = await search(ALL, cursor=None, limit=2)

        with pytest.raises(InvalidCursor):
            await search(AuditQuery(subject="ann"), cursor=page.next_cursor, limit=2)


class TestExplainRequest:
    @pytest.fixture
    def explain(self, search: SearchAuditTrail) -> ExplainRequest:
        return ExplainRequest(archive=search.archive, audit=an_audit(), clock=FrozenClock())

    async def test_lg_01_tells_everything_of_one_request_in_its_order(
        self, explain: ExplainRequest, store: MemoryStore
    ) -> None:
        of_it = [an_event(request_id="one") for _ in range(3)]
        await explain.archive.add([*of_it, an_event(request_id="other")])

        assert await explain(request_id="one") == of_it

        looked = events_in(store)[-1]
        assert (looked.type, looked.at) == (AuditType.EXPLANATION_READ, START)
        assert looked.details == {"of_request": "one"}

    async def test_knows_nothing_of_what_was_not_written_down(
        self, explain: ExplainRequest, store: MemoryStore
    ) -> None:
        await explain.archive.add([an_event(request_id="other")])

        with pytest.raises(ExplanationNotFound):
            await explain(request_id="one")
        assert len(events_in(store)) == 1
