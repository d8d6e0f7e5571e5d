"""LG-09 on real databases: several instances link the trail, and an intruder changes it."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.crypto.audit_seal import HmacChainSealer
from hexkey.adapters.crypto.derived_keys import DerivedKeys, MasterSecret
from hexkey.adapters.sql.audit_archive import SqlAuditArchive
from hexkey.adapters.sql.audit_chain import SqlAuditChain
from hexkey.application.audit.retention import PruneAuditTrail
from hexkey.application.audit.sealing import SealAuditTrail
from hexkey.application.audit.verifying import Verification, VerifyAuditTrail
from hexkey.application.ports.audit import AuditQuery
from hexkey.domain.audit.chain import ChainHead, link
from hexkey.domain.audit.event import UNREADABLE as UNREADABLE_TYPE
from hexkey.domain.audit.event import AuditEvent
from hexkey.entrypoints.http.audit_schemas import shown_event
from tests.support.audit_trails import told
from tests.support.audits import SEALER, an_audit, an_event
from tests.support.doubles import START, FrozenClock

pytestmark = pytest.mark.anyio

INTRUSIONS = {
    "an edit": "UPDATE audit_events SET subject = 'mallory' WHERE sequence = 3",
    "an edit that nobody can read": "UPDATE audit_events SET details = '{' WHERE sequence = 3",
    "an outcome that there is not": "UPDATE audit_events SET outcome = 'x' WHERE sequence = 3",
    "an edit of an explanation": "UPDATE audit_events SET explanation = '[1]' WHERE sequence = 3",
    "a deletion": "DELETE FROM audit_events WHERE sequence = 3",
    "a deletion at the end": "DELETE FROM audit_events WHERE sequence >= 9",
    "a deletion at the beginning": "DELETE FROM audit_events WHERE sequence = 1",
    "taken out of the chain": (
        "UPDATE audit_events SET sequence = NULL, digest = NULL WHERE sequence = 10"
    ),
    "put in before the first": (
        "INSERT INTO audit_events (id, type, at, actor, outcome, details, sequence, digest)"
        " SELECT 'forged', type, at, actor, outcome, details, 0, digest"
        " FROM audit_events WHERE sequence = 1"
    ),
    "put in far before the first": (
        "INSERT INTO audit_events (id, type, at, actor, outcome, details, sequence, digest)"
        " SELECT 'forged', type, at, actor, outcome, details, -9223372036854775808, digest"
        " FROM audit_events WHERE sequence = 1"
    ),
    "a digest": "UPDATE audit_events SET digest = '0' WHERE sequence = 3",
    "all of it": "DELETE FROM audit_events",
    "the head": "DELETE FROM audit_chain",
    "a shorter head": "UPDATE audit_chain SET sequence = 5",
    "a tombstone": "UPDATE audit_chain SET pruned_to = 5",
}


@pytest.fixture
def chain(engine: AsyncEngine) -> SqlAuditChain:
    return SqlAuditChain(engine)


@pytest.fixture
async def ten(engine: AsyncEngine, chain: SqlAuditChain) -> None:
    """Ten events in the chain."""
    events = [an_event(at=START + number * timedelta(seconds=1)) for number in range(10)]
    await SqlAuditArchive(engine).add(events)
    assert await SealAuditTrail(chain=chain, sealer=SEALER, clock=FrozenClock())() == 10


async def verified(chain: SqlAuditChain) -> Verification:
    return await VerifyAuditTrail(chain=chain, sealer=SEALER, clock=FrozenClock())()


class TestSeveralInstances:
    async def test_lg_09_link_each_event_once(
        self, engine: AsyncEngine, chain: SqlAuditChain
    ) -> None:
        """LG-09: while others go on writing."""
        archive, seal = (
            SqlAuditArchive(engine),
            SealAuditTrail(chain=chain, sealer=SEALER, clock=FrozenClock()),
        )

        async def write() -> None:
            for _ in range(20):
                await archive.add([an_event(), an_event()])

        async def link() -> int:
            return sum([await seal() for _ in range(10)])

        writers = [write() for _ in range(2)]
        sealed = await asyncio.gather(*(link() for _ in range(4)), *writers)
        rest = await seal()

        assert sum(it or 0 for it in sealed[:4]) + rest == 80
        verification = await verified(chain)
        assert verification.holds
        assert verification.checked == 80


@pytest.mark.usefixtures("ten")
class TestAnIntruder:
    @pytest.mark.parametrize("name", INTRUSIONS)
    async def test_lg_09_is_found_out(
        self, engine: AsyncEngine, chain: SqlAuditChain, name: str
    ) -> None:
        """LG-09."""
        assert (await verified(chain)).holds

        async with engine.begin() as connection:
            await connection.execute(text(INTRUSIONS[name]))

        assert not (await verified(chain)).holds

    @pytest.mark.parametrize("put_back", [True, False])
    async def test_lg_09_who_has_all_of_it_linked_again_is_told_of(
        self, engine: AsyncEngine, chain: SqlAuditChain, put_back: bool
    ) -> None:
        """LG-09: with no head, or with one that was sealed by us long ago."""
        begun = None
        if put_back:
            begun = SEALER.seal(ChainHead())
        async with engine.begin() as connection:
            await connection.execute(text("DELETE FROM audit_chain"))
            edit = "sequence = NULL, digest = NULL, sealed_at = NULL, subject = 'mallory'"
            await connection.execute(text(f"UPDATE audit_events SET {edit}"))
        if begun:
            assert await chain.extend(None, begun, ())
        later = FrozenClock(START + timedelta(days=1))

        assert await SealAuditTrail(chain=chain, sealer=SEALER, clock=later)() == 10

        found = await verified(chain)
        assert (found.findings, found.holds) == ([], False)
        assert [(it.events, it.sealed_from) for it in found.late] == [(10, later.now())]

    async def test_lg_09_keeps_nobody_from_linking_what_came_later(
        self, engine: AsyncEngine, chain: SqlAuditChain
    ) -> None:
        """LG-09: what is unreadable waits, and is found for it; the others get their place."""
        await SqlAuditArchive(engine).add([an_event(), an_event()])
        async with engine.begin() as connection:
            edit = "UPDATE audit_events SET details = '{' WHERE id = (SELECT min(id) FROM"
            await connection.execute(text(f"{edit} audit_events WHERE sequence IS NULL)"))

        assert await SealAuditTrail(chain=chain, sealer=SEALER, clock=FrozenClock())() == 1

        later = FrozenClock(START + timedelta(minutes=2))
        found = await VerifyAuditTrail(chain=chain, sealer=SEALER, clock=later)()
        assert [it.problem for it in found.findings] == ["unsealed"]
        assert found.checked == 11

    async def test_lg_10_finds_no_gap_where_retention_made_one(
        self, engine: AsyncEngine, chain: SqlAuditChain
    ) -> None:
        """LG-10."""
        clock = FrozenClock(START + timedelta(days=365, seconds=5))
        prune = PruneAuditTrail(
            chain=chain,
            sealer=SEALER,
            archive=SqlAuditArchive(engine),
            audit=an_audit(),
            clock=clock,
            keep=timedelta(days=365),
        )

        assert await prune() == 5

        verification = await verified(chain)
        assert verification.holds
        assert verification.checked == 5


class TestAChainOfAnEarlierVersion:
    async def test_lg_09_holds_and_is_gone_on_with_in_the_new_form(
        self, engine: AsyncEngine, chain: SqlAuditChain
    ) -> None:
        """LG-09: as after revision 0007, which finds events that have no instant of sealing."""
        event = an_event()
        digest = link(ChainHead().digest, sequence=1, event=event)
        archive = SqlAuditArchive(engine)
        await archive.add([event])
        place = "sequence = 1, digest = :digest, sealed_at = NULL"
        async with engine.begin() as connection:
            await connection.execute(text(f"UPDATE audit_events SET {place}"), {"digest": digest})
        head = SEALER.seal(ChainHead(sequence=1, digest=digest))
        assert await chain.extend(None, head, ())
        await archive.add([an_event()])

        assert await SealAuditTrail(chain=chain, sealer=SEALER, clock=FrozenClock())() == 1

        found = await verified(chain)
        assert (found.holds, found.checked) == (True, 2)


UNREADABLE = {
    "details": "details = '{'",
    "details that are none": "details = '[1]'",
    "details that are deep": f"details = '{'[' * 2000}{']' * 2000}'",
    "an outcome": "outcome = 'x'",
    "an explanation": "explanation = '[1]'",
}
UNREADABLE_ON_SQLITE = {
    "an instant": "at = 'yesterday'",
    "an instant far away": "at = 9223372036854775807",
    "an instant in fractions": "at = 1.5",
    "octets as an actor": "actor = x'ff'",
    "octets as a reason": "reason = x'ff'",
    "octets as an id": "id = x'ff'",
    "a long id": f"id = '{'f' * 500}'",
}


@pytest.mark.usefixtures("ten")
class TestAnUnreadableRow:
    async def shown(
        self, engine: AsyncEngine, chain: SqlAuditChain, edit: str, *, at: str = "sequence = 3"
    ) -> None:
        async with engine.begin() as connection:
            await connection.execute(text(f"UPDATE audit_events SET {edit} WHERE {at}"))
        archive = SqlAuditArchive(engine)

        every = list(await archive.page(AuditQuery(), after=None, limit=100))
        paged: list[AuditEvent] = []
        while page := await archive.page(
            AuditQuery(), after=paged[-1].id if paged else None, limit=1
        ):
            paged.extend(page)

        assert paged == every
        assert [it.type for it in every].count(UNREADABLE_TYPE) == 1
        assert len(every) == 10
        assert [shown_event(it)["id"] for it in every] == [it.id for it in every]
        assert (3, "unreadable") in told(await verified(chain))

    @pytest.mark.parametrize("name", UNREADABLE)
    async def test_lg_09_is_shown_as_such_and_hides_no_other(
        self, engine: AsyncEngine, chain: SqlAuditChain, name: str
    ) -> None:
        """LG-09: and is found."""
        await self.shown(engine, chain, UNREADABLE[name])

    @pytest.mark.parametrize("name", UNREADABLE_ON_SQLITE)
    async def test_lg_09_may_hold_anything_on_sqlite(
        self, engine: AsyncEngine, chain: SqlAuditChain, name: str
    ) -> None:
        """LG-09: which knows types as advice only."""
        if engine.dialect.name == "sqlite":
            await self.shown(engine, chain, UNREADABLE_ON_SQLITE[name])

    @pytest.mark.parametrize("which", ["type = 'forged'", "sequence = 10"])
    @pytest.mark.parametrize("place", ["2.5", "10.5", "'x'", "x'ff'", "9e999", "-9e999"])
    async def test_lg_09_has_no_place_that_is_none(
        self, engine: AsyncEngine, chain: SqlAuditChain, place: str, which: str
    ) -> None:
        """LG-09: nor does verifying end before it says so."""
        if engine.dialect.name != "sqlite":
            return
        await SqlAuditArchive(engine).add([an_event(type="forged")])
        async with engine.begin() as connection:
            edit = f"UPDATE audit_events SET sequence = {place} WHERE {which}"
            await connection.execute(text(edit))

        assert (await verified(chain)).findings != []

    async def test_lg_09_that_waits_holds_nobody_up(
        self, engine: AsyncEngine, chain: SqlAuditChain
    ) -> None:
        """LG-09: whatever stands for its instant."""
        if engine.dialect.name != "sqlite":
            return
        await SqlAuditArchive(engine).add([an_event(type="forged"), an_event()])
        async with engine.begin() as connection:
            edit = "UPDATE audit_events SET at = -9223372036854775807 WHERE type = 'forged'"
            await connection.execute(text(edit))

        assert await SealAuditTrail(chain=chain, sealer=SEALER, clock=FrozenClock())() == 1

        assert told(await verified(chain)) == [(None, "unsealed")]


@pytest.mark.usefixtures("ten")
class TestANewMasterSecret:
    async def test_lg_09_seals_the_head_anew(self, chain: SqlAuditChain) -> None:
        """CR-05: the links stay as they are."""
        new = DerivedKeys(MasterSecret(b"n" * 32, b"s" * 32))
        seal = SealAuditTrail(chain=chain, sealer=HmacChainSealer(new), clock=FrozenClock())

        assert await seal.reseal()
        assert not await seal.reseal()

        alone = HmacChainSealer(DerivedKeys(MasterSecret(b"n" * 32)))
        verify = VerifyAuditTrail(chain=chain, sealer=alone, clock=FrozenClock())
        assert (await verify()).holds
