"""Counting attempts in one statement each, in the dialect of PostgreSQL.

What a counter stands is decided by the database, row by row and under the lock of the row, by the
same arithmetic as that of `Failures`: the contract suite holds both. Rows are locked in the order
of their keys, so that no two attempts wait for each other.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.driver_statement import fetched
from hexkey.domain.authentication.throttle import Budget, Charge, Failures, Relief

_MILLISECOND = timedelta(milliseconds=1)
_MS = "* interval '1 millisecond'"


def _rest(number: str) -> str:
    """The milliseconds that the failure of this number adds, by the budget in the row `w`."""
    doubled = f"w.first * (CAST(1 AS bigint) << CAST(least({number} - w.free - 1, 32) AS int))"
    return f"CASE WHEN {number} <= w.free THEN 0 ELSE least({doubled}, w.longest) END"


_RESTS = (
    "((w.most > 0 AND c.count >= w.most) OR ("
    f"c.rests_until > w.now + w.ahead {_MS} AND "
    f"c.rests_until < w.now + (w.ahead + 2 * ({_rest('c.count')})) {_MS}))"
)
_BEGIN = (
    f"CASE WHEN c.rests_until > w.now AND c.rests_until <= w.now + w.ahead {_MS} "
    "THEN c.rests_until ELSE w.now END"
)
# Nobody waits for the disk: it gets there with the next commit of anybody, or within a second. A
# crash of the database may forgive the failures of its last moment; one of ours forgives none.
_QUICKLY = "(SELECT set_config('synchronous_commit', 'off', true)) AS quickly"
_WANTED = {
    "key": "text",
    "free": "bigint",
    "first": "bigint",
    "longest": "bigint",
    "ahead": "bigint",
    "most": "bigint",
    "binding": "boolean",
    "kept": "timestamptz",
}
_RELIEFS = {"key": "text", "count": "bigint", "rest": "bigint"}


def _rows(columns: Mapping[str, str], *, after: int = 0) -> str:
    """A set of rows out of one array for each column; their arguments begin behind so many."""
    arrays = ", ".join(f"${i}::{it}[]" for i, it in enumerate(columns.values(), start=after + 1))
    return f"unnest({arrays}) AS u({', '.join(columns)})"


_WANTED_ROWS = (
    "w AS (SELECT u.*, $1::timestamptz AS now "  # noqa: S608 - only our own words
    f"FROM {_rows(_WANTED, after=1)} CROSS JOIN {_QUICKLY})"
)


def _counting(condition: str = "") -> str:
    """Count under every key that does not rest, as far as the row that is held says so."""
    return f"""
        INSERT INTO attempt_counters AS c (key, count, rests_until, kept_until)
        SELECT w.key, 1, w.now + ({_rest("1")}) {_MS}, w.kept FROM w {condition}
        ORDER BY w.key
        ON CONFLICT (key) DO UPDATE SET (count, rests_until, kept_until) = (
            SELECT c.count + 1, {_BEGIN} + ({_rest("c.count + 1")}) {_MS}, w.kept
            FROM w WHERE w.key = c.key
        )
        WHERE NOT EXISTS (SELECT FROM w WHERE w.key = c.key AND {_RESTS})
        RETURNING c.key, c.count, c.rests_until, true AS charged, false AS rests
    """  # noqa: S608 - only our own words


# Almost every attempt meets no counter that rests, and to look for one first costs a third more.
_CHARGE = f"WITH {_WANTED_ROWS} {_counting()}"
# `seen` is as of when the statement began, and lets most of what must wait do so without a write.
# What others have counted since is seen by the conflict, which holds the row.
_CHARGE_UNLESS_RESTING = f"""
    WITH {_WANTED_ROWS},
    seen AS (
        SELECT c.key, c.count, c.rests_until, {_RESTS} AS rests, w.binding
        FROM attempt_counters AS c JOIN w ON w.key = c.key
    ),
    charged AS (
        {_counting("WHERE NOT EXISTS (SELECT FROM seen WHERE seen.rests AND seen.binding)")}
    )
    SELECT * FROM charged
    UNION ALL
    SELECT key, count, rests_until, false, rests FROM seen
    WHERE key NOT IN (SELECT key FROM charged)
"""  # noqa: S608 - only our own words
_FIND = "SELECT key, count, rests_until FROM attempt_counters WHERE key = ANY($1::text[])"
_RELIEVE = f"""
    WITH locked AS (
        SELECT c.key, u.count AS less, u.rest
        FROM attempt_counters AS c JOIN {_rows(_RELIEFS)} ON u.key = c.key CROSS JOIN {_QUICKLY}
        ORDER BY c.key FOR UPDATE OF c
    )
    UPDATE attempt_counters AS c
    SET count = greatest(0, c.count - less), rests_until = c.rests_until - rest {_MS}
    FROM locked WHERE c.key = locked.key
"""  # noqa: S608 - only our own words


@cache  # a deployment has a few rules
def _numbers(budgets: tuple[Budget, ...]) -> tuple[list[int], ...]:
    """The columns from `free` to `most`."""
    return (
        [it.free for it in budgets],
        [it.first // _MILLISECOND for it in budgets],
        [it.longest // _MILLISECOND for it in budgets],
        [it.ahead // _MILLISECOND for it in budgets],
        [it.most for it in budgets],
    )


class Counted:
    """What one statement has counted and seen."""

    def __init__(self) -> None:
        self.charged: dict[str, Failures] = {}
        self.seen: dict[str, Failures] = {}
        self.resting: set[str] = set()

    def unforeseen(self, charges: Sequence[Charge]) -> Sequence[str]:
        """Keys that rest and were not seen to: nobody looked, or others have counted since."""
        if any(charge.binding and charge.key in self.resting for charge in charges):
            return ()
        known = self.charged.keys() | self.resting
        return [charge.key for charge in charges if charge.key not in known]


async def charge(
    engine: AsyncEngine, charges: Sequence[Charge], *, now: datetime, looking: bool
) -> Counted:
    """Count, and say what was counted and what was there.

    Args:
        looking: whether to look first, and to count nothing while a binding counter rests. Without
            it what does not rest is counted in any case, and `unforeseen` names what does.
    """
    budgets = tuple(charge.budget for charge in charges)
    rows = await fetched(
        engine,
        _CHARGE_UNLESS_RESTING if looking else _CHARGE,
        now,
        [charge.key for charge in charges],
        *_numbers(budgets),
        [charge.binding for charge in charges],
        [it.kept_until(now=now) for it in budgets],
    )
    counted = Counted()
    for key, count, rests_until, charged, rests in rows:
        kind = counted.charged if charged else counted.seen
        kind[key] = Failures(count, rests_until)
        if rests:
            counted.resting.add(key)
    return counted


async def find(engine: AsyncEngine, keys: Sequence[str]) -> Mapping[str, Failures]:
    """What stands under `keys` now."""
    rows = await fetched(engine, _FIND, list(keys))
    return {key: Failures(count, rests_until) for key, count, rests_until in rows}


async def relieve(engine: AsyncEngine, reliefs: Sequence[Relief]) -> None:
    """Take back, in one statement."""
    await fetched(
        engine,
        _RELIEVE,
        [it.key for it in reliefs],
        [it.count for it in reliefs],
        [it.rest // _MILLISECOND for it in reliefs],
    )
