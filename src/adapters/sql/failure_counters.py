"""Failed attempts in the database. Every call is a transaction of its own."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql import counting
from hexkey.adapters.sql.engine import autocommitting
from hexkey.adapters.sql.single_statement import rows_of
from hexkey.adapters.sql.tables import attempt_counters
from hexkey.adapters.sql.unit_of_work import Work, unit_of_work
from hexkey.adapters.sql.upserts import upsert
from hexkey.application.ports.authentication import FailureCounters
from hexkey.domain.authentication.throttle import (
    Charge,
    Failures,
    Relief,
    Standing,
    none_yet,
    standings_of,
)

_AT_LEAST = timedelta(milliseconds=1)  # to wait for a rest that was over when it was looked up
_MOST_REMEMBERED = 10_000  # resting counters; of more, some are looked at too late

_c = attempt_counters.c
_SELECT = select(_c.key, _c["count"].label("number"), _c.rests_until)
_FIND = _SELECT.where(_c.key.in_(bindparam("keys", expanding=True)))
_NEW: Mapping[str, Any] = {
    name: bindparam(f"its_{name}") for name in ("key", "count", "rests_until", "kept_until")
}
_CHANGED = {name: value for name, value in _NEW.items() if name != "key"}
_PUT = upsert(attempt_counters, "sqlite", new=_NEW, changed=_CHANGED)
_CHANGE = (
    attempt_counters.update()
    .where(_c.key == bindparam("its_key"))
    .values(count=bindparam("its_count"), rests_until=bindparam("its_rests_until"))
)


class _Resting:
    """Counters that rest, as far as this process knows: it looks at them before it counts.

    Whoever does not know counts, finds out, and takes it back: right as well, but two statements
    more, and writes.
    """

    def __init__(self) -> None:
        self._until: dict[str, datetime] = {}

    def may_hold(self, charges: Sequence[Charge], now: datetime) -> bool:
        """Whether any of `charges` may have to wait."""
        return any(self._until.get(charge.key, now) > now for charge in charges)

    def note(self, charges: Sequence[Charge], standings: Sequence[Standing], now: datetime) -> None:
        """Remember what the next attempt would meet."""
        for charge, standing in zip(charges, standings, strict=True):
            self._until.pop(charge.key, None)
            wait = standing.wait or standing.failures.wait(charge.budget, now=now)
            if wait:
                self._until[charge.key] = now + wait
        while len(self._until) > _MOST_REMEMBERED:
            del self._until[next(iter(self._until))]


class SqlFailureCounters(FailureCounters):
    """One row for each key.

    On PostgreSQL, where each statement is a round trip, counting is one of them, and the database
    decides. On SQLite, which lets one write at a time, it is a transaction, and the domain does.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reading = autocommitting(engine)
        self._in_one_statement = engine.dialect.name == "postgresql"
        self._resting = _Resting()

    async def find(self, key: str) -> Failures | None:
        rows = await rows_of(self._reading, _FIND, {"keys": [key]})
        return Failures(rows[0].number, rows[0].rests_until) if rows else None

    async def charge(self, charges: Sequence[Charge], *, now: datetime) -> Sequence[Standing]:
        if not self._in_one_statement:
            return await self._charge_in_turn(charges, now)
        looking = self._resting.may_hold(charges, now)
        counted = await counting.charge(self._engine, charges, now=now, looking=looking)
        standings: Sequence[Standing] = [_standing(charge, counted, now) for charge in charges]
        unforeseen = counted.unforeseen(charges)
        if unforeseen:
            standings = await self._corrected(charges, standings, unforeseen, now)
        self._resting.note(charges, standings, now)
        return standings

    async def relieve(self, reliefs: Sequence[Relief]) -> None:
        if self._in_one_statement:
            await counting.relieve(self._engine, reliefs)
            return
        async with unit_of_work(self._engine) as work:
            stored = await _stored(work, [relief.key for relief in reliefs])
            left = {
                relief.key: stored[relief.key].without(relief.count, rest=relief.rest)
                for relief in reliefs
                if relief.key in stored
            }
            await work.execute_all(_CHANGE, [_row(key, it) for key, it in left.items()])
            await work.commit()

    async def _charge_in_turn(self, charges: Sequence[Charge], now: datetime) -> Sequence[Standing]:
        async with unit_of_work(self._engine) as work:
            stored = await _stored(work, [charge.key for charge in charges])
            standings = standings_of(charges, stored, now=now)
            rows = [
                _row(charge.key, standing.failures)
                | {"its_kept_until": charge.budget.kept_until(now=now)}
                for charge, standing in zip(charges, standings, strict=True)
                if standing.charged
            ]
            await work.execute_all(_PUT, rows)
            await work.commit()
        return standings

    async def _corrected(
        self,
        charges: Sequence[Charge],
        standings: Sequence[Standing],
        unforeseen: Sequence[str],
        now: datetime,
    ) -> Sequence[Standing]:
        """Say how long those that rest unforeseen have to; what the others have counted goes."""
        stored = await counting.find(self._engine, unforeseen)
        refused = any(charge.binding and charge.key in unforeseen for charge in charges)
        settled, reliefs = [], []
        for charge, standing in zip(charges, standings, strict=True):
            if charge.key in unforeseen:
                failures = stored.get(charge.key, standing.failures)
                wait = max(failures.wait(charge.budget, now=now), _AT_LEAST)
                settled.append(Standing(failures=failures, wait=wait, charged=False))
            elif standing.charged and refused:
                rest = charge.budget.rest_after(standing.failures.count)
                reliefs.append(Relief(key=charge.key, count=1, rest=rest))
                less = standing.failures.without(1, rest=rest)
                settled.append(Standing(failures=less, wait=standing.wait, charged=False))
            else:
                settled.append(standing)
        if reliefs:
            await counting.relieve(self._engine, reliefs)
        return settled


def _standing(charge: Charge, counted: counting.Counted, now: datetime) -> Standing:
    charged = counted.charged.get(charge.key)
    if charged is not None:
        return Standing(failures=charged, wait=timedelta(0), charged=True)
    failures = counted.seen.get(charge.key, none_yet(now=now))
    wait = failures.wait(charge.budget, now=now)
    return Standing(failures=failures, wait=wait, charged=False)


async def _stored(work: Work, keys: Sequence[str]) -> Mapping[str, Failures]:
    rows = await work.execute(_FIND, {"keys": keys})
    return {row.key: Failures(row.number, row.rests_until) for row in rows}


def _row(key: str, failures: Failures) -> dict[str, object]:
    return {
        "its_key": key,
        "its_count": failures.count,
        "its_rests_until": failures.rests_until,
    }
