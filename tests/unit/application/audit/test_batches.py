"""LG-09, LG-10: what is sealed, looked at and forgotten, whatever its number is to a batch."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hexkey.adapters.crypto.audit_seal import HmacChainSealer
from hexkey.adapters.crypto.derived_keys import DerivedKeys, MasterSecret
from hexkey.adapters.memory.audit_chain import MemoryAuditChain
from hexkey.application.audit import retention, sealing, verifying
from hexkey.application.audit.sealing import AuditChainBroken
from hexkey.application.audit.verifying import (
    Anchor,
    Verification,
    before,
    intact,
)
from hexkey.domain.audit.chain import ChainHead, Linked
from hexkey.domain.audit.event import AuditType
from tests.support.audit_trails import KEPT, MemoryTrail, told
from tests.support.audits import an_event, events_in
from tests.support.doubles import START

pytestmark = pytest.mark.anyio

BATCH, BATCHES = 3, 2
TICK = timedelta(milliseconds=1)


class Small(MemoryTrail):
    """A trail whose batches are small."""

    async def add(self, events: int) -> None:
        await self.archive.add([an_event(at=self.clock.now()) for _ in range(events)])

    async def sealed(self, events: int) -> None:
        await self.add(events)
        while await self.seal():
            pass

    async def head(self) -> ChainHead:
        return await self.chain.head() or ChainHead()


@pytest.fixture
def trail(monkeypatch: pytest.MonkeyPatch) -> Small:
    for module in (retention, sealing, verifying):
        monkeypatch.setattr(module, "_BATCH", BATCH)
    for module in (retention, sealing):
        monkeypatch.setattr(module, "_MOST_BATCHES", BATCHES)
    return Small()


class TestSealing:
    @pytest.mark.parametrize("there", range(BATCH * BATCHES + 3))
    async def test_lg_09_places_so_many_in_one_run(self, trail: Small, there: int) -> None:
        await trail.add(there)

        assert await trail.seal() == min(there, BATCH * BATCHES)
        assert await trail.seal() == max(0, there - BATCH * BATCHES)
        assert (await trail.verify()).checked == there
        assert await trail.problems() == []

    async def test_lg_09_is_made_again_under_another_secret_once(self, trail: Small) -> None:
        await trail.sealed(2)
        before = await trail.head()
        secret = MasterSecret(b"t" * 32, b"s" * 32)
        rotated = replace(trail.seal, sealer=HmacChainSealer(DerivedKeys(secret)))

        assert await rotated.reseal()
        assert not await rotated.reseal()
        head = await trail.head()
        assert (replace(head, mac=""), head.mac == before.mac) == (replace(before, mac=""), False)
        assert await trail.problems() == [(None, "forged_head")]  # by whoever has the old one only

    async def test_lg_09_is_not_made_where_there_is_none_or_anothers(self, trail: Small) -> None:
        assert not await trail.seal.reseal()
        await trail.sealed(1)
        stranger = HmacChainSealer(DerivedKeys(MasterSecret(b"m" * 32)))
        for deed in (trail.seal.reseal, trail.seal):
            with pytest.raises(AuditChainBroken):
                await replace(trail.seal, sealer=stranger).reseal()
            await deed()


class TestVerifying:
    @pytest.mark.parametrize("there", range(2 * BATCH + 2))
    async def test_lg_09_looks_at_every_event_and_says_where_the_chain_is(
        self, trail: Small, there: int
    ) -> None:
        await trail.sealed(there)

        verification = await trail.verify()
        assert verification == Verification(
            checked=there, findings=[], head=await trail.head() if there else None
        )
        assert verification.holds

    @pytest.mark.parametrize("missing", range(1, 2 * BATCH + 1))
    async def test_lg_09_counts_what_is_missing_and_names_its_place(
        self, trail: Small, missing: int
    ) -> None:
        there = 2 * BATCH
        await trail.sealed(there)
        links = trail.store.committed.links
        del trail.store.committed.audited[links.pop(missing).event]

        verification = await trail.verify()
        found = [(it.sequence, it.problem, it.sentence) for it in verification.findings]
        gap = (missing, "gap", f"1 events after {missing - 1} are missing.")
        changed = (missing + 1, "changed")
        if missing == there:
            end = f"The chain ends at {there - 1}, its head is at {there}."
            assert found == [(there, "wrong_end", end)]
        else:
            assert found[0] == gap
            assert found[1][:2] == changed
            assert len(found) == 2
        assert verification.checked == there - (1 if missing == there else 2)

    async def test_lg_09_names_an_event_that_is_gone_from_its_place(self, trail: Small) -> None:
        await trail.sealed(4)
        del trail.store.committed.audited[trail.store.committed.links[2].event]

        assert await trail.problems() == [(2, "unreadable")]
        assert (await trail.verify()).checked == 3

    @pytest.mark.parametrize(
        ("anchor", "problem"),
        [(3, None), (4, None), (5, (5, "anchor_missing"))],
    )
    async def test_lg_09_goes_through_what_was_kept_elsewhere(
        self, trail: Small, anchor: int, problem: tuple[int, str] | None
    ) -> None:
        await trail.sealed(4)
        links = trail.store.committed.links
        digest = links[anchor].digest if anchor in links else "0" * 64

        assert await trail.problems(Anchor(anchor, digest)) == ([problem] if problem else [])

    @pytest.mark.parametrize("linked", [True, False])
    async def test_lg_09_says_that_the_head_is_gone(self, trail: Small, linked: bool) -> None:
        if linked:
            await trail.sealed(1)
            trail.chain._head = None

        assert await trail.problems() == [(None, "no_head")] * linked
        missing = (3, "anchor_missing")
        anchor = Anchor(3, "0" * 64)
        assert await trail.problems(anchor) == [(None, "no_head")] * linked + [missing]

    async def test_lg_09_lets_others_link_meanwhile(self, trail: Small) -> None:
        """What is linked after the head was read belongs to a later one."""
        await trail.sealed(2)
        early = await trail.head()
        await trail.sealed(2)
        late, heads = await trail.head(), iter([early])

        class Meanwhile(MemoryAuditChain):
            async def head(self) -> ChainHead | None:
                return next(heads, late)

        verify = replace(trail.verify, chain=Meanwhile(trail.store))

        assert [it.problem for it in (await verify()).findings] == []
        heads = iter([early, early])
        found = (await verify()).findings
        assert [(it.sequence, it.problem) for it in found] == [(3, "beyond_head")]


class Pruned(MemoryAuditChain):
    """Retention deletes each time the head was read, as long as there is something to do."""

    def __init__(self, trail: Small) -> None:
        super().__init__(trail.store)
        self._trail = trail

    async def head(self) -> ChainHead | None:
        head = self._head = await self._trail.chain.head()
        await self._trail.prune()
        await self._trail.seal()
        return head


class TestVerifyingWhileRetentionDeletes:
    async def test_lg_09_raises_no_false_alarm(self, trail: Small) -> None:
        await trail.sealed(3 * BATCH * BATCHES)
        trail.clock.advance(days=366)
        await trail.sealed(2)

        verify = replace(trail.verify, chain=Pruned(trail))

        found = await verify()
        assert found.findings == []
        assert found.head == await trail.head()

    async def test_lg_09_finds_what_is_wrong_all_the_same(self, trail: Small) -> None:
        await trail.sealed(BATCH * BATCHES)
        trail.clock.advance(days=366)
        await trail.sealed(4)
        committed = trail.store.committed
        link = committed.links[BATCH * BATCHES + 2]
        event = committed.audited[link.event]
        committed.audited[event.id] = replace(event, subject="mallory")

        found = await replace(trail.verify, chain=Pruned(trail))()

        assert [it.problem for it in found.findings] == ["changed"]

    async def test_lg_09_is_not_begun_again_for_a_head_that_is_not_ours(self, trail: Small) -> None:
        """LG-09: or somebody else could keep it from ever finding anything."""
        await trail.sealed(2)
        head = await trail.head()
        heads = [replace(head, pruned_to=number) for number in range(1, 50)]
        reads = iter(heads)

        class Moving(MemoryAuditChain):
            async def head(self) -> ChainHead | None:
                return next(reads)

        found = await replace(trail.verify, chain=Moving(trail.store))()

        assert (None, "forged_head") in told(found)
        assert next(reads).pruned_to < 5

    async def test_lg_09_is_begun_again_if_the_chain_was_begun_meanwhile(
        self, trail: Small
    ) -> None:
        await trail.add(2)
        seal = trail.seal

        class Begun(MemoryAuditChain):
            async def head(self) -> ChainHead | None:
                head = await trail.chain.head()
                await seal()
                return head

        found = await replace(trail.verify, chain=Begun(trail.store))()
        assert (found.findings, found.checked) == ([], 2)


class TestRetention:
    @pytest.mark.parametrize("old", range(BATCH * BATCHES + 2))
    async def test_lg_10_forgets_so_many_in_one_run_and_says_so(
        self, trail: Small, old: int
    ) -> None:
        await trail.sealed(old)
        trail.clock.advance(days=365, milliseconds=1)
        now = trail.clock.now()
        await trail.sealed(1)
        gone = min(old, BATCH * BATCHES)

        assert await trail.prune() == gone

        head = await trail.head()
        assert (head.sequence, head.pruned_to) == (old + 1, gone)
        assert head.pruned_at == (now if gone else None)
        events = events_in(trail.store)
        said = [it for it in events if it.type == AuditType.AUDIT_PRUNED]
        told = {"events": str(gone), "before": (now - KEPT).isoformat()}
        assert [(it.at, it.details) for it in said] == [(now, told)] * bool(gone)
        assert await trail.problems() == []

    async def test_lg_10_forgets_nothing_where_nothing_is_linked(self, trail: Small) -> None:
        assert await trail.prune() == 0
        assert events_in(trail.store) == []

    async def test_lg_10_forgets_nothing_that_another_instance_has_moved(
        self, trail: Small, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def lost(*_: object) -> bool:
            return False

        await trail.sealed(2)
        trail.clock.advance(days=366)
        monkeypatch.setattr(trail.chain, "prune", lost)

        assert await trail.prune() == 0
        assert len(events_in(trail.store)) == 2


class TestAClockThatWasWrong:
    """LG-10: it does not stop retention for years."""

    @pytest.mark.parametrize("wrong", range(3 * BATCH + 2))
    async def test_lg_10_forgets_what_is_of_the_future_with_the_rest(
        self, trail: Small, wrong: int
    ) -> None:
        await trail.sealed(1)
        trail.clock.advance(days=9999)
        await trail.sealed(wrong)
        trail.clock.advance(days=-9999)
        await trail.sealed(2)

        trail.clock.advance(days=365)
        assert await trail.prune() == 0
        trail.clock.advance(milliseconds=1)
        gone = 0
        while batch := await trail.prune():
            gone += batch
        assert gone == wrong + 3
        await trail.seal()
        assert (await trail.verify()).findings == []

    @pytest.mark.parametrize("wrong", range(1, 2 * BATCH + 1))
    async def test_lg_10_forgets_nothing_as_long_as_nobody_knows_how_old_it_is(
        self, trail: Small, wrong: int
    ) -> None:
        trail.clock.advance(days=9999)
        await trail.sealed(wrong)
        trail.clock.advance(days=-9000)

        assert await trail.prune() == 0
        await trail.sealed(1)
        assert await trail.prune() == 0


class TestAnEventThatIsGone:
    @pytest.mark.parametrize("place", range(1, BATCH + 2))
    async def test_lg_10_stays_as_evidence_and_is_told_of(self, trail: Small, place: int) -> None:
        await trail.sealed(BATCH + 1)
        del trail.store.committed.audited[trail.store.committed.links[place].event]
        trail.clock.advance(days=366)

        async def whole() -> None:
            while await trail.prune():
                pass

        with pytest.raises(AuditChainBroken):
            await whole()

        assert min(trail.store.committed.links) == place
        said = [it for it in events_in(trail.store) if it.type == AuditType.AUDIT_PRUNED]
        assert [it.details["events"] for it in said] == [str(place - 1)] * (place > 1)


class TestIntact:
    async def linked(self, trail: Small) -> list[Linked]:
        await trail.sealed(3)
        return list(await trail.chain.linked(after=0, limit=9))

    async def test_lg_09_is_what_follows_the_tombstone_without_a_gap(self, trail: Small) -> None:
        events = await self.linked(trail)

        assert intact(ChainHead(), [])
        for length in range(4):
            assert intact(ChainHead(), events[:length])
        tombstone = ChainHead().pruned(events[0], now=START)
        assert intact(tombstone, events[1:])
        for other in (events, events[2:]):
            assert not intact(tombstone, other)

    @pytest.mark.parametrize("at", range(3))
    async def test_lg_09_is_nothing_that_was_changed(self, trail: Small, at: int) -> None:
        events = await self.linked(trail)
        for wrong in ({"event": None}, {"digest": "0" * 64}, {"sequence": 9}):
            changed = [*events]
            changed[at] = replace(events[at], **wrong)
            assert not intact(ChainHead(), changed)

    def test_lg_10_is_old_until_the_first_that_is_not(self) -> None:
        def linked(*ages: timedelta | None) -> list[Linked]:
            return [
                Linked(
                    sequence=number,
                    digest="",
                    event=None if age is None else an_event(at=START - age),
                )
                for number, age in enumerate(ages)
            ]

        for ages, old in (
            ((TICK, TICK, timedelta(0), TICK), 2),
            ((TICK, None, TICK), 1),
            ((timedelta(0),), 0),
            ((TICK, TICK), 2),
            ((), 0),
        ):
            events = linked(*ages)
            assert list(before(events, START, now=START + TICK)) == events[:old]

    def test_lg_10_of_the_future_is_as_old_as_what_comes_next(self) -> None:
        """LG-10: a clock was wrong once."""
        past, now, future = START - TICK, START, START + 2 * TICK

        for instants, old in (
            ((future, past), 2),
            ((future, future, past, past, future), 4),
            ((past, future, now), 1),
            ((future, now, past), 0),
            ((future, None, past), 0),
            ((future,), 0),
        ):
            events = [
                Linked(sequence=number, digest="", event=None if at is None else an_event(at=at))
                for number, at in enumerate(instants)
            ]
            assert list(before(events, START, now=START + TICK)) == events[:old]
