"""All events of a search, whatever their number is to the size of a batch."""

import pytest

from hexkey.adapters.crypto.cursors import EncryptedCursors
from hexkey.adapters.crypto.derived_keys import DerivedKeys, MasterSecret
from hexkey.adapters.memory.audit_archive import MemoryAuditArchive
from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.audit import searching
from hexkey.application.audit.searching import SearchAuditTrail
from hexkey.application.ports.audit import AuditQuery
from hexkey.domain.audit.event import AuditEvent, AuditType
from tests.support.audits import an_audit, an_event, events_in
from tests.support.doubles import FrozenClock

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
