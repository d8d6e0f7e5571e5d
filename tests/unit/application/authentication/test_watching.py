"""RL-12: attacks are told of at their marks, once in a while, and with no end of memory."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from hexkey.adapters.memory.alarm import MemoryAlarm
from hexkey.adapters.memory.audit_archive import MemoryAuditArchive
from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.authentication import watching
from hexkey.application.authentication.watching import WatchFailures
from hexkey.domain.audit.event import AuditEvent, AuditType
from hexkey.domain.authentication.alerts import AGAIN_AFTER, Alert, AlertKind, Outbreak
from hexkey.domain.authentication.rules import Attempted, Mode, Rule, ThrottlePolicy
from hexkey.domain.authentication.throttle import Failures, Standing
from hexkey.domain.errors import TemporarilyUnavailable
from tests.support.audits import an_audit, events_in
from tests.support.deployments import MemoryDeployment
from tests.support.doubles import START, FrozenClock

pytestmark = pytest.mark.anyio

NOTHING, TICK = timedelta(0), timedelta(milliseconds=1)
ANN = Attempted(account="ann.1", address="198.51.100.1")


class AwayArchive(MemoryAuditArchive):
    """Cannot be written to."""

    async def add(self, events: Sequence[AuditEvent]) -> None:
        raise TemporarilyUnavailable


def standing(count: int, *, wait: timedelta = NOTHING, rests: timedelta = NOTHING) -> Standing:
    return Standing(failures=Failures(count, START + rests), wait=wait, charged=True)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def watch(store: MemoryStore, clock: FrozenClock) -> WatchFailures:
    return WatchFailures(
        alarm=MemoryAlarm(),
        archive=MemoryAuditArchive(store),
        audit=an_audit(),
        policy=ThrottlePolicy(modes={Rule.ACCOUNT: Mode.REPORT}),
        clock=clock,
    )


def sounded(watch: WatchFailures) -> list[Alert]:
    assert isinstance(watch.alarm, MemoryAlarm)
    return list(watch.alarm.sounded)


async def fails(watch: WatchFailures, *, total: int = 1, network: Standing | None = None) -> None:
    """A failure, the `total`-th in a row at the account."""
    charges = ThrottlePolicy().charges(ANN)
    stand = {Rule.TOTAL: standing(total), Rule.NETWORK: network or standing(1)}
    await watch.failed(ANN, charges, stand)


class TestWatchFailures:
    async def test_remembers_so_many_alerts_and_no_more(
        self, deployment: MemoryDeployment, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(watching, "_MOST_REMEMBERED", 10)
        watch, now = deployment.throttle.watch, deployment.clock.now()
        failed = Standing(failures=Failures(100, now), wait=timedelta(0), charged=True)
        for number in range(50):
            tried = Attempted(account=f"person {number}", address="198.51.100.1")
            charges = ThrottlePolicy().charges(tried)
            await watch.failed(tried, charges, dict.fromkeys(charges, failed))

        assert len(watch._sounded) == 10

    @pytest.mark.parametrize("count", [1, 19, 20, 21, 49, 50, 51, 99, 100, 101])
    async def test_rl_12_tells_of_an_account_at_each_mark(
        self, watch: WatchFailures, store: MemoryStore, count: int
    ) -> None:
        await fails(watch, total=count)

        told = [
            Alert(kind=AlertKind.ACCOUNT, subject=f"ann.1 {count}", failures=count, at=START)
        ] * (count in {20, 50, 100})
        assert sounded(watch) == told
        assert [(it.type, it.at, it.details) for it in events_in(store)] == [
            (
                AuditType.SPRAYING_SUSPECTED,
                START,
                {"kind": "guessing_at_account", "subject": it.subject, "failures": str(count)},
            )
            for it in told
        ]

    @pytest.mark.parametrize("waits", [True, False])
    async def test_rl_12_tells_of_a_network_that_has_used_everything_up(
        self, watch: WatchFailures, waits: bool
    ) -> None:
        """RL-12: as soon as its next attempt would have to wait."""
        budget = ThrottlePolicy().charges(ANN)[Rule.NETWORK].budget
        rests = budget.ahead + (TICK if waits else NOTHING)
        await fails(watch, network=standing(100, rests=rests))

        told = [(it.kind, it.subject, it.failures) for it in sounded(watch)]
        assert told == [(AlertKind.NETWORK, "198.51.100.1", 100)] * waits

    async def test_rl_12_tells_of_failures_everywhere(self, watch: WatchFailures) -> None:
        watch.outbreak = Outbreak(most=2)
        await fails(watch)
        assert sounded(watch) == []
        await fails(watch)

        alert = Alert(kind=AlertKind.OUTBREAK, subject="", failures=2, at=START)
        assert sounded(watch) == [alert]

    async def test_rl_12_tells_whom_a_rule_would_have_refused(
        self, watch: WatchFailures, clock: FrozenClock
    ) -> None:
        """RL-12: of the rules that only report, and only of those that would have."""
        clock.advance(seconds=5)
        for wait in (NOTHING, TICK):
            stand = {rule: standing(9, wait=wait) for rule in (Rule.ACCOUNT, Rule.NETWORK)}
            await watch.let_through(ANN, stand)

        (alert,) = sounded(watch)
        assert (alert.kind, alert.failures) == (AlertKind.WOULD_REFUSE, 9)
        assert (alert.subject, alert.at) == (ANN.told(Rule.ACCOUNT), clock.now())

    @pytest.mark.parametrize(
        ("later", "again"),
        [
            (NOTHING, False),
            (AGAIN_AFTER - TICK, False),
            (AGAIN_AFTER, True),
            (TICK - AGAIN_AFTER, False),
            (-AGAIN_AFTER, True),
        ],
        ids=str,
    )
    async def test_rl_12_repeats_an_alert_after_ten_minutes_of_its_first(
        self, watch: WatchFailures, clock: FrozenClock, later: timedelta, again: bool
    ) -> None:
        """RL-12: those in between do not put it off; a clock that was set back does not either."""
        for instant in (START, START + later / 2, START + later):
            clock.at = instant
            await fails(watch, total=20)

        assert len(sounded(watch)) == 1 + again

    async def test_rl_12_is_heard_even_if_it_cannot_be_written_down(
        self, watch: WatchFailures, store: MemoryStore
    ) -> None:
        watch.archive = AwayArchive(store)
        await fails(watch, total=20)

        assert len(sounded(watch)) == 1
