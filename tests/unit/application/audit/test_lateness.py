"""LG-09: whoever has the database alone rewrites history, and the links say when."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hexkey.application.audit.lateness import LATE_AFTER, MOST_LATE, Late
from hexkey.application.audit.verifying import Verification
from hexkey.domain.audit.chain import ChainHead, Link, link
from tests.support.audit_trails import TamperedTrail
from tests.support.audits import an_event
from tests.support.doubles import START

pytestmark = pytest.mark.anyio

TICK = timedelta(milliseconds=1)
DAY = timedelta(days=1)


@pytest.fixture
def trail() -> TamperedTrail:
    return TamperedTrail()


def counted(verification: Verification) -> list[int]:
    return [it.events for it in verification.late]


class TestAnIntruder:
    async def test_lg_09_who_begins_the_chain_anew_is_told_of(self, trail: TamperedTrail) -> None:
        await trail.grow(5)
        trail.rewrite(after=0, head=None)
        trail.clock.advance(days=1)
        now = trail.clock.now()

        assert await trail.seal() == 5

        found = await trail.verify()
        first, last = START + timedelta(seconds=1), START + timedelta(seconds=5)
        assert found.late == [
            Late(events=5, first=first, last=last, sealed_from=now, sealed_to=now)
        ]
        assert (found.findings, found.checked, found.holds) == ([], 5, False)

    async def test_lg_09_who_puts_an_old_head_back_is_told_of(self, trail: TamperedTrail) -> None:
        await trail.grow(2)
        old = await trail.chain.head()
        await trail.grow(3)
        trail.rewrite(after=2, head=old)
        trail.clock.advance(days=1)
        await trail.grow(1)

        found = await trail.verify()
        assert (counted(found), found.findings, found.holds) == ([3], [], False)

    async def test_lg_09_cannot_say_another_instant(self, trail: TamperedTrail) -> None:
        await trail.grow(2)
        links = trail.store.committed.links

        links[2] = replace(links[2], sealed_at=links[2].sealed_at - DAY)

        assert await trail.problems() == [(2, "changed")]

    async def test_lg_09_cannot_leave_the_instant_out(self, trail: TamperedTrail) -> None:
        """As an instance of an older version would, which knows the key."""
        await trail.grow(1)
        event = an_event(at=trail.clock.now())
        await trail.archive.add([event])
        head = await trail.chain.head()
        assert head is not None
        untimed(trail, head, link(head.digest, sequence=2, event=event))

        assert await trail.problems() == [(2, "untimed")]


def untimed(trail: TamperedTrail, head: ChainHead, digest: str) -> None:
    """Link the last event in the old form."""
    event = list(trail.store.committed.audited)[-1]
    place = head.sequence + 1
    old = Link(event=event, sequence=place, digest=digest, sealed_at=None)  # type: ignore[arg-type]  # as it was
    trail.store.committed.links[place] = old
    head = replace(head, sequence=place, digest=digest)
    trail.forge(trail.seal.sealer.seal(head))


class TestLateness:
    async def test_lg_09_begins_just_after_so_many_minutes(self, trail: TamperedTrail) -> None:
        await trail.archive.add([an_event(at=START), an_event(at=START + TICK)])
        trail.clock.at = START + TICK + LATE_AFTER
        await trail.seal()

        assert counted(await trail.verify()) == [1]

    async def test_lg_09_of_the_old_form_is_not_known(self, trail: TamperedTrail) -> None:
        """What was linked before holds, and what comes after it is timed."""
        event = an_event(at=START)
        await trail.archive.add([event])
        untimed(trail, ChainHead(), link(ChainHead().digest, sequence=1, event=event))
        trail.clock.advance(days=1)
        await trail.grow(1)

        found = await trail.verify()
        assert (found.holds, found.checked) == (True, 2)

    async def test_lg_09_is_known_before_the_instant_that_somebody_names(
        self, trail: TamperedTrail
    ) -> None:
        await trail.archive.add([an_event(at=START)])
        trail.clock.advance(days=1)
        await trail.seal()
        sealed = trail.clock.now()

        known = await trail.verify(late_until=sealed + TICK)
        not_known = await trail.verify(late_until=sealed)

        assert (known.holds, known.lateness.known, counted(known)) == (True, 1, [])
        assert (not_known.holds, not_known.lateness.known, counted(not_known)) == (False, 0, [1])

    async def test_lg_09_is_told_once_for_each_time_something_was_sealed_late(
        self, trail: TamperedTrail
    ) -> None:
        for _ in range(MOST_LATE + 2):
            at = trail.clock.now()
            await trail.archive.add([an_event(at=at), an_event(at=at)])
            trail.clock.advance(days=1)
            await trail.seal()

        assert counted(await trail.verify()) == [2] * (MOST_LATE - 1) + [6]
