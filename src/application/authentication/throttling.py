"""Counting attempts before they are looked at, and taking back those that were right."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hexkey.application.audit.context import checked
from hexkey.application.authentication.reliefs import Reliefs
from hexkey.application.authentication.turns import Turn, Turns
from hexkey.application.authentication.watching import WatchFailures
from hexkey.application.ports.authentication import FailureCounters
from hexkey.application.ports.system import Clock
from hexkey.domain.authentication.rules import Attempted, Rule, ThrottlePolicy
from hexkey.domain.authentication.throttle import Charge, Relief, Standing, TooManyAttempts

_NOTHING = timedelta(0)
_SPENT_BY_SUCCESS = (Rule.DEVICE, Rule.ACCOUNT, Rule.TOTAL)


@dataclass(slots=True)
class Attempt:
    """One attempt while it is looked at. What is not said to be otherwise is a failure.

    So an attempt whose client hangs up, or whose process dies, has been counted.

    Attributes:
        right: the secret was the right one.
        looked_at: the secret was compared with anything.
    """

    right: bool = False
    looked_at: bool = True

    @property
    def is_failure(self) -> bool:
        """Whether it stays in the books."""
        return self.looked_at and not self.right


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    """An attempt in the books."""

    attempted: Attempted
    charges: Mapping[Rule, Charge]
    standings: Mapping[Rule, Standing]
    at: datetime

    def reliefs(self, attempt: Attempt) -> Sequence[Relief]:
        """What has to be taken back, if it was no failure."""
        if attempt.is_failure:
            return ()
        charged = [rule for rule, standing in self.standings.items() if standing.charged]
        return [self._relief(rule, right=attempt.right) for rule in charged]

    def _relief(self, rule: Rule, *, right: bool) -> Relief:
        """A success ends the row of failures at its account; to a network it is no merit."""
        charge, count = self.charges[rule], self.standings[rule].failures.count
        return Relief(
            key=charge.key,
            count=count if right and rule in _SPENT_BY_SUCCESS else 1,
            rest=charge.budget.rest_after(count),
        )

    @property
    def makes_others_wait(self) -> bool:
        """Whether the next attempt would be refused for this one."""
        return any(
            charge.binding and self.standings[rule].failures.wait(charge.budget, now=self.at)
            for rule, charge in self.charges.items()
        )


def _wait(rule: Rule, charge: Charge, standing: Standing) -> timedelta:
    """For how long `rule` refuses; noted for whoever asks why."""
    wait = standing.wait if charge.binding else _NOTHING
    count = standing.failures.count - standing.charged
    seconds = int(wait.total_seconds())
    free, most = charge.budget.unhindered, charge.budget.most or "unlimited"
    checked(
        f"throttle.{rule}",
        passed=not wait,
        failures=count,
        free=free,
        most=most,
        wait_seconds=seconds,
    )
    return wait


@dataclass(slots=True, kw_only=True)
class Throttle:
    """The one gate before every comparison with a secret of an account.

    An attempt is counted first, so that no number of them made at once gets more than those made
    one by one (CVE-2024-4629). That costs one statement. To take it back costs a share in another,
    a moment later, unless somebody's next attempt would be refused meanwhile.
    """

    counters: FailureCounters
    policy: ThrottlePolicy
    watch: WatchFailures
    clock: Clock
    _turns: Turns = field(default_factory=Turns, init=False)
    _reliefs: Reliefs = field(init=False)

    def __post_init__(self) -> None:
        self._reliefs = Reliefs(counters=self.counters)

    @asynccontextmanager
    async def attempt(self, attempted: Attempted) -> AsyncIterator[Attempt]:
        """Look at one attempt.

        Raises:
            TooManyAttempts: if it may not be looked at now.
            TemporarilyUnavailable: if it could not be counted.
        """
        turn = await self._turns.take(attempted.turn)
        try:
            await self._reliefs.settled(attempted.account)
            counted = await self._count(attempted)
        except BaseException:
            turn.give_back()
            raise
        attempt = Attempt()
        try:
            yield attempt
            if attempt.is_failure:
                await self.watch.failed(attempted, counted.charges, counted.standings)
        finally:
            await self._settle(counted, attempt, turn)

    async def settled(self) -> None:
        """Wait until everything that was taken back is stored; call it before the store closes."""
        await self._reliefs.all_settled()

    async def _count(self, attempted: Attempted) -> _Counted:
        charges, now = self.policy.charges(attempted), self.clock.now()
        if not charges:
            return _Counted(attempted=attempted, charges={}, standings={}, at=now)
        found = await self.counters.charge(list(charges.values()), now=now)
        standings = dict(zip(charges, found, strict=True))
        wait = max(_wait(rule, charges[rule], standings[rule]) for rule in charges)
        if wait:
            raise TooManyAttempts(retry_after=wait)
        await self.watch.let_through(attempted, standings)
        return _Counted(attempted=attempted, charges=charges, standings=standings, at=now)

    async def _settle(self, counted: _Counted, attempt: Attempt, turn: Turn) -> None:
        """Take back what was no failure, and let the next one try after that."""
        account, reliefs = counted.attempted.account, counted.reliefs(attempt)
        if not reliefs:
            turn.give_back()
        elif counted.makes_others_wait or not attempt.looked_at:
            await self._reliefs.now(account, reliefs, turn)
        else:
            self._reliefs.soon(account, reliefs, turn)
