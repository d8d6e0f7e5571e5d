"""Sealing, verifying and forgetting: what an intruder with a database cannot do unnoticed."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexkey.application.audit.sealing import AuditChainBroken
from hexkey.application.audit.verifying import MOST_FINDINGS, Anchor
from hexkey.domain.audit.chain import ChainHead
from hexkey.domain.audit.event import AuditType, Outcome
from tests.support.audit_trails import TamperedTrail
from tests.support.audits import an_event
from tests.support.doubles import START

pytestmark = pytest.mark.anyio

SECOND = timedelta(seconds=1)


@pytest.fixture
def trail() -> TamperedTrail:
    return TamperedTrail()


class TestSealing:
    async def test_links_everything_and_holds(self, trail: TamperedTrail) -> None:
        await trail.grow(3)
        await trail.grow(600)
        await trail.grow(600)

        verification = await trail.verify()

        assert verification.holds
        assert verification.checked == 1203
        assert verification.head == await trail.chain.head()

    async def test_of_nothing_does_nothing(self, trail: TamperedTrail) -> None:
        assert await trail.seal() == 0
        assert await trail.chain.head() is None
        assert (await trail.verify()).holds

    async def test_does_not_make_a_forged_head_look_right(self, trail: TamperedTrail) -> None:
        """LG-09: to extend what somebody else wrote would seal it with our own key."""
        await trail.grow(2)
        trail.forge(replace((await trail.chain.head()) or ChainHead(), sequence=1, mac="f" * 64))
        await trail.archive.add([an_event()])

        with pytest.raises(AuditChainBroken):
            await trail.seal()
        assert (None, "forged_head") in await trail.problems()

    async def test_of_a_head_under_the_present_secret_changes_nothing(
        self, trail: TamperedTrail
    ) -> None:
        await trail.grow(1)

        assert not await trail.seal.reseal()


POSITIONS = st.integers(min_value=1, max_value=8)
EDITS = st.sampled_from(
    [
        {"type": AuditType.KEY_MADE},
        {"at": START - SECOND},
        {"actor": "user:mallory"},
        {"subject": "bob"},
        {"subject": None},
        {"client": "curl"},
        {"address": "192.0.2.1"},
        {"session_hash": "0" * 64},
        {"request_id": "other"},
        {"outcome": Outcome.REFUSED},
        {"reason": "forbidden"},
        {"details": {"by": "nobody"}},
    ]
)


class TestVerifying:
    """LG-09: an edit, a gap or another order is found, wherever it is."""

    @given(sequence=POSITIONS, changes=EDITS)
    async def test_finds_every_edit(self, sequence: int, changes: dict[str, object]) -> None:
        trail = TamperedTrail()
        await trail.grow(8)

        trail.edit(sequence, **changes)

        assert await trail.problems() == [(sequence, "changed")]

    @given(sequences=st.sets(POSITIONS, min_size=1))
    async def test_finds_every_deletion(self, sequences: set[int]) -> None:
        trail = TamperedTrail()
        await trail.grow(8)

        for sequence in sequences:
            trail.delete(sequence)

        assert await trail.problems() != []

    @given(one=POSITIONS, other=POSITIONS)
    async def test_finds_every_swap(self, one: int, other: int) -> None:
        trail = TamperedTrail()
        await trail.grow(8)

        trail.swap(one, other)

        expected = [] if one == other else [(it, "changed") for it in sorted((one, other))]
        assert await trail.problems() == expected

    @given(length=st.integers(min_value=0, max_value=7))
    async def test_finds_a_missing_end_even_if_the_head_is_forged(self, length: int) -> None:
        trail = TamperedTrail()
        await trail.grow(8)
        digest = trail.store.committed.links[length].digest if length else "0" * 64

        for sequence in range(length + 1, 9):
            trail.delete(sequence)
        head = await trail.chain.head()
        assert head is not None
        trail.forge(replace(head, sequence=length, digest=digest))

        assert await trail.problems() == [(None, "forged_head")]

    @given(sequence=POSITIONS)
    async def test_finds_an_edit_whose_links_were_all_made_again(self, sequence: int) -> None:
        """Whoever can compute digests can relink; the sealed head is what they cannot make."""
        trail = TamperedTrail()
        await trail.grow(8)
        trail.edit(sequence, subject="mallory")
        committed = trail.store.committed
        events = [committed.audited[committed.links[it].event] for it in range(1, 9)]
        _, links = ChainHead().extended(events, now=trail.clock.now())
        committed.links.update({link.sequence: link for link in links})

        assert await trail.problems() == [(8, "wrong_end")]

    async def test_finds_an_event_that_was_linked_behind_the_head(
        self, trail: TamperedTrail
    ) -> None:
        await trail.grow(2)
        links = trail.store.committed.links
        extra = an_event()
        trail.store.committed.audited[extra.id] = extra
        links[3] = replace(links[2], sequence=3, event=extra.id)

        assert await trail.problems() == [(3, "beyond_head")]

    @pytest.mark.parametrize("place", [0, -1, -(2**63)])
    async def test_finds_an_event_that_was_put_before_the_first(
        self, trail: TamperedTrail, place: int
    ) -> None:
        await trail.grow(2)
        links = trail.store.committed.links
        extra = an_event()
        trail.store.committed.audited[extra.id] = extra
        links[place] = replace(links[2], sequence=place, event=extra.id)

        assert await trail.problems() == [(place, "before_start")]

    async def test_finds_that_the_head_is_gone(self, trail: TamperedTrail) -> None:
        await trail.grow(2)
        trail.forge(None)

        assert await trail.problems() == [(None, "no_head")]

    async def test_names_no_more_than_somebody_can_read(self, trail: TamperedTrail) -> None:
        await trail.grow(MOST_FINDINGS + 20)

        for sequence in range(1, MOST_FINDINGS + 21):
            trail.edit(sequence, subject="mallory")

        assert len(await trail.problems()) == MOST_FINDINGS

    async def test_finds_what_waits_for_its_place_for_too_long(self, trail: TamperedTrail) -> None:
        await trail.archive.add([an_event(at=trail.clock.now())])

        trail.clock.advance(minutes=1)
        assert await trail.problems() == []
        trail.clock.advance(milliseconds=1)
        assert await trail.problems() == [(None, "unsealed")]

    async def test_finds_an_older_state_by_a_head_that_was_kept_elsewhere(
        self, trail: TamperedTrail
    ) -> None:
        await trail.grow(3)
        earlier = await trail.chain.head()
        await trail.grow(2)
        kept = await trail.chain.head()
        assert earlier is not None
        assert kept is not None
        anchor = Anchor(kept.sequence, kept.digest)
        assert await trail.problems(anchor=anchor) == []

        for sequence in (4, 5):
            trail.delete(sequence)
        trail.forge(earlier)

        assert await trail.problems() == []  # nothing inside can tell
        assert await trail.problems(anchor=anchor) == [(5, "anchor_missing")]

    async def test_finds_another_history_by_a_head_that_was_kept_elsewhere(
        self, trail: TamperedTrail
    ) -> None:
        await trail.grow(3)

        assert await trail.problems(anchor=Anchor(2, "0" * 64)) == [(2, "anchor_differs")]


class TestAnAnchor:
    """LG-09: a head that was kept elsewhere is never passed over in silence."""

    @pytest.fixture
    async def digests(self, trail: TamperedTrail) -> list[str]:
        """Of ten events of which the first five are gone."""
        await trail.grow(5)
        digests = [trail.store.committed.links[place].digest for place in range(1, 6)]
        trail.clock.advance(days=365, seconds=1)
        await trail.grow(5)
        assert await trail.prune() == 5
        later = [trail.store.committed.links[place].digest for place in range(6, 11)]
        return ["0" * 64, *digests, *later]

    @pytest.mark.parametrize("place", range(5))
    async def test_lg_09_from_before_the_tombstone_proves_nothing(
        self, trail: TamperedTrail, digests: list[str], place: int
    ) -> None:
        for digest in (digests[place], "f" * 64):
            anchor = Anchor(place, digest)
            assert await trail.problems(anchor=anchor) == [(place, "anchor_pruned")]

    @pytest.mark.parametrize("place", range(5, 11))
    async def test_lg_09_is_compared_from_the_tombstone_on(
        self, trail: TamperedTrail, digests: list[str], place: int
    ) -> None:
        assert await trail.problems(anchor=Anchor(place, digests[place])) == []
        other = Anchor(place, "f" * 64)
        assert await trail.problems(anchor=other) == [(place, "anchor_differs")]


class TestRetention:
    """LG-10: what is old enough goes, and what is left can still be verified."""

    async def test_leaves_a_tombstone_from_which_the_rest_holds(self, trail: TamperedTrail) -> None:
        await trail.grow(700)
        trail.clock.advance(days=365)
        await trail.grow(5)

        assert await trail.prune() == 700

        verification = await trail.verify()
        assert verification.holds
        assert verification.checked == 5
        await trail.seal()
        assert (await trail.verify()).checked == 6  # the pruning itself was written down
        assert await trail.prune() == 0

    async def test_keeps_what_is_just_not_old_enough(self, trail: TamperedTrail) -> None:
        await trail.grow(1)

        trail.clock.advance(days=365)
        assert await trail.prune() == 0
        trail.clock.advance(milliseconds=1)
        assert await trail.prune() == 1

    @given(sequence=st.integers(min_value=4, max_value=8), changes=EDITS)
    async def test_does_not_hide_what_comes_after(
        self, sequence: int, changes: dict[str, object]
    ) -> None:
        trail = TamperedTrail()
        await trail.grow(3)
        trail.clock.advance(days=365)
        await trail.grow(5)
        await trail.prune()

        trail.edit(sequence, **changes)

        assert await trail.problems() == [(sequence, "changed")]

    async def test_does_not_delete_the_evidence_of_an_edit(self, trail: TamperedTrail) -> None:
        await trail.grow(3)
        trail.edit(2, subject="mallory")
        trail.clock.advance(days=730)

        with pytest.raises(AuditChainBroken):
            await trail.prune()
        assert len(trail.store.committed.audited) == 3

    async def test_deletes_nothing_by_a_head_that_somebody_else_wrote(
        self, trail: TamperedTrail
    ) -> None:
        """LG-09, LG-10: nor makes it look right by a seal of our own."""
        await trail.grow(3)
        trail.clock.advance(days=730)
        forged = replace((await trail.chain.head()) or ChainHead(), mac="f" * 64)
        trail.forge(forged)

        with pytest.raises(AuditChainBroken):
            await trail.prune()
        assert len(trail.store.committed.audited) == 3
        assert await trail.chain.head() == forged

    async def test_deletes_nothing_that_is_not_in_its_place(self, trail: TamperedTrail) -> None:
        """LG-10: the tombstone would name a place that no event ever had."""
        await trail.grow(3)
        links = trail.store.committed.links
        links[4] = replace(links.pop(3), sequence=4)
        trail.clock.advance(days=730)

        with pytest.raises(AuditChainBroken):
            await trail.prune()
        assert len(trail.store.committed.audited) == 3

    @given(change=st.sampled_from([{"pruned_to": 4}, {"pruned_digest": "0" * 64}]))
    async def test_has_a_tombstone_that_nobody_else_can_move(
        self, change: dict[str, object]
    ) -> None:
        trail = TamperedTrail()
        await trail.grow(3)
        trail.clock.advance(days=365)
        await trail.grow(5)
        await trail.prune()
        head = await trail.chain.head()
        assert head is not None

        trail.forge(replace(head, **change))  # type: ignore[arg-type]  # names of fields

        assert (None, "forged_head") in await trail.problems()

    @given(sequence=st.integers(min_value=1, max_value=3))
    async def test_finds_what_was_put_back_before_the_tombstone(self, sequence: int) -> None:
        """LG-09: whoever invents a past writes where nothing is linked to any more."""
        trail = TamperedTrail()
        await trail.grow(3)
        committed = trail.store.committed
        link = committed.links[sequence]
        event = committed.audited[link.event]
        trail.clock.advance(days=365)
        await trail.grow(2)
        await trail.prune()

        committed.links[sequence] = link
        committed.audited[event.id] = replace(event, subject="mallory")

        assert await trail.problems() == [(sequence, "before_tombstone")]

    @pytest.mark.parametrize("lengths", [(0, 1), (1, 0), (499, 1), (500, 1), (501, 0)])
    async def test_goes_on_at_the_edges_of_a_batch(
        self, trail: TamperedTrail, lengths: tuple[int, int]
    ) -> None:
        old, new = lengths
        await trail.grow(old)
        trail.clock.advance(days=365, seconds=1)
        await trail.grow(new)

        assert await trail.prune() == old
        assert (await trail.verify()).holds
