"""Floods of refusals: the first is told at once, and then one a minute, with a number."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexkey.adapters.memory.audit_archive import MemoryAuditArchive
from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.audit.context import RequestContext, serving
from hexkey.application.audit.refusals import Refusals
from hexkey.application.audit.repeats import MOST_TOLD_APART, Repeats
from hexkey.domain.audit.event import AuditEvent, Outcome
from hexkey.domain.authentication.request_limits import RequestKind
from hexkey.domain.authentication.throttle import TooManyAttempts
from hexkey.domain.errors import HexkeyError
from hexkey.entrypoints.http.refusals import TooManyRequests
from tests.support.audits import an_audit, events_in
from tests.support.doubles import FrozenClock

pytestmark = pytest.mark.anyio

HOME, OFFICE = "203.0.113.7", "198.51.100.1"


def too_many(kind: RequestKind = RequestKind.SIGN_IN) -> TooManyRequests:
    return TooManyRequests(kind=kind, retry_after=timedelta(seconds=1), headers={})


class Trail:
    """What is written down of refusals that come by HTTP."""

    def __init__(self) -> None:
        self.store, self.clock = MemoryStore(), FrozenClock()
        self.refusals = Refusals(
            archive=MemoryAuditArchive(self.store), audit=an_audit(), clock=self.clock
        )

    def refuse(self, *addresses: str | None, error: HexkeyError | None = None) -> None:
        for address in addresses:
            with serving(RequestContext(request_id="one", address=address)):
                self.refusals.note(error or too_many())

    async def events(self) -> list[AuditEvent]:
        await self.refusals.write()
        return list(events_in(self.store))

    async def left_out(self) -> list[str]:
        return [it.details["left_out"] for it in await self.events()]


class TestTooManyRequests:
    async def test_lg_01_are_written_down_at_once_and_then_each_minute(self) -> None:
        """LG-01: or whoever asks too often fills the disk, at no cost."""
        trail = Trail()
        trail.refuse(*[HOME] * 500)
        (first,) = await trail.events()
        trail.clock.advance(seconds=59.9)
        trail.refuse(HOME)
        assert await trail.events() == [first]
        trail.clock.advance(seconds=0.1)
        trail.refuse(*[HOME] * 3)
        trail.clock.advance(hours=9)
        trail.refuse(HOME)

        assert first.outcome is Outcome.REFUSED
        assert (first.reason, first.address) == ("too_many_requests", HOME)
        assert first.details == {"limit": "sign-in", "left_out": "0"}
        assert await trail.left_out() == ["0", "500", "2"]

    async def test_lg_01_of_each_network_are_written_down_at_once(self) -> None:
        trail = Trail()
        trail.refuse(*["2001:db8::1", "2001:db8::2", HOME, OFFICE, None, "junk"] * 9)

        assert [it.address for it in await trail.events()] == ["2001:db8::1", HOME, OFFICE, None]

    async def test_lg_01_of_each_limit_are_written_down_at_once(self) -> None:
        trail = Trail()
        for kind in [*RequestKind, *RequestKind]:
            trail.refuse(HOME, error=too_many(kind))

        assert [it.details["limit"] for it in await trail.events()] == [*RequestKind]

    async def test_go_on_when_the_clock_is_set_back(self) -> None:
        trail = Trail()
        trail.refuse(HOME)
        trail.clock.advance(days=-1)
        trail.clock.advance(minutes=1)
        trail.refuse(HOME)

        assert await trail.left_out() == ["0", "0"]

    async def test_rl_12_are_no_failed_attempts_which_are_all_written_down(self) -> None:
        """RL-12: who is kept from an account may be its owner, who asks afterwards."""
        trail = Trail()
        attempts = TooManyAttempts(retry_after=timedelta(seconds=1))
        trail.refuse(*[HOME] * 20, error=attempts)

        assert len(await trail.events()) == 20


class TestRepeats:
    async def test_are_bounded_however_many_networks_there_are(self) -> None:
        """LG-08: an IPv6 /48 has 65,536 networks, and its owner may use them all."""
        trail = Trail()
        networks = [f"2001:db8:0:{number:x}::1" for number in range(5 * MOST_TOLD_APART)]
        trail.refuse(*networks, *networks)
        assert len(await trail.events()) == MOST_TOLD_APART + 1
        assert len(trail.refusals._repeats._told) == MOST_TOLD_APART + 1

        trail.clock.advance(minutes=1)
        trail.refuse(*networks)

        assert len(await trail.events()) <= 2 * (MOST_TOLD_APART + 1)
        assert len(trail.refusals._repeats._told) <= MOST_TOLD_APART + 1

    @given(st.lists(st.tuples(st.integers(0, 150), st.floats(0, 30)), max_size=300))
    def test_lose_no_number_while_there_is_room(self, sources: list[tuple[int, float]]) -> None:
        repeats, at = Repeats(), 0.0
        told = left_out = 0
        for source, later in sources:
            at += later
            found = repeats.left_out(str(source % MOST_TOLD_APART), at=at)
            told, left_out = told + (found is not None), left_out + (found or 0)

        still = sum(it.left_out for it in repeats._told.values())
        assert told + left_out + still == len(sources)
