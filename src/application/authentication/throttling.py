"""Counting attempts before they are looked at, and taking back those that were right."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hexkey.application.audit.context import checked
from hexkey.application.authentication.turns import Turn, Turns
from hexkey.application.authentication.watching import WatchFailures
from hexkey.application.ports.authentication import FailureCounters
from hexkey.application.ports.system import Clock
from hexkey.domain.authentication.rules import Attempted, Rule, ThrottlePolicy
from hexkey.domain.authentication.throttle import Charge, Relief, Standing, TooManyAttempts
from hexkey.domain.errors import TemporarilyUnavailable

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
    free, most = charge.budget.free, charge.budget.most or "unlimited"
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
    one by one (CVE-2024-4629). That costs one statement. To take it back costs another, for which
    the answer does not wait, unless somebody's next attempt would be refused meanwhile.
    """

    counters: FailureCounters
    policy: ThrottlePolicy
    watch: WatchFailures
    clock: Clock
    _turns: Turns = field(default_factory=Turns, init=False)
    _settling: set["asyncio.Task[None]"] = field(default_factory=set, init=False)

    @asynccontextmanager
    async def attempt(self, attempted: Attempted) -> AsyncIterator[Attempt]:
        """Look at one attempt.

        Raises:
            TooManyAttempts: if it may not be looked at now.
            TemporarilyUnavailable: if it could not be counted.
        """
        turn = await self._turns.take(attempted.turn)
        try:
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
            settling = self._settle(counted.reliefs(attempt), turn)
            if settling is not None and (counted.makes_others_wait or not attempt.looked_at):
                await asyncio.shield(settling)

    async def settled(self) -> None:
        """Wait until everything that was taken back is stored; call it before the store closes."""
        while self._settling:
            await asyncio.wait(self._settling)

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

    def _settle(self, reliefs: Sequence[Relief], turn: Turn) -> "asyncio.Task[None] | None":
        """Take back what was no failure, and let the next one try after that."""
        if not reliefs:
            turn.give_back()
            return None
        task = asyncio.create_task(self._relieve(reliefs, turn))
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)
        return task

    async def _relieve(self, reliefs: Sequence[Relief], turn: Turn) -> None:
        try:
            # What cannot be taken back has been counted too often, which does no great harm.
            with suppress(TemporarilyUnavailable):
                await self.counters.relieve(reliefs)
        finally:
            turn.give_back()
