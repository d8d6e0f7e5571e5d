"""Comparing how long two deeds take, on a machine that has other things to do as well."""

import os
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

Deed = Callable[[], Awaitable[object]]

STRICT = os.environ.get("HEXKEY_STRICT_TIMING") == "1"  # on a quiet machine, as in a benchmark
PAIRS = 300 if STRICT else 50
TRIES = 1 if STRICT else 3
_RESAMPLES = 1000


@dataclass(frozen=True)
class Comparison:
    """How much longer the second deed takes than the first; seconds.

    Attributes:
        median: of the first deed.
        gap: between the medians.
        low, high: the 95 % bootstrap interval of `gap`.
    """

    median: float
    gap: float
    low: float
    high: float

    @property
    def alike(self) -> bool:
        """Whether nobody could tell the two apart by their times.

        Strict (EN-02): the gap is within 2 ms or 5 % of the median, the whole interval included.
        Otherwise: within 25 %, and the interval reaches into those 5 %.
        """
        near = max(0.002, 0.05 * self.median)
        if STRICT:
            return -near <= self.low <= self.high <= near
        return abs(self.gap) <= 0.25 * self.median and self.low <= near and self.high >= -near

    def __str__(self) -> str:
        return (
            f"median {self.median * 1000:.2f} ms, gap {self.gap * 1000:+.2f} ms "
            f"[{self.low * 1000:+.2f}, {self.high * 1000:+.2f}]"
        )


async def compare(first: Deed, second: Deed, *, pairs: int = PAIRS) -> Comparison:
    """Do both `pairs` times, in turn and in changing order, so that drift meets both alike."""
    dice = random.Random(1)
    times: tuple[list[float], list[float]] = ([], [])
    for deed in (first, second):
        await deed()  # what happens only once, happens before
    for _ in range(pairs):
        order = [0, 1]
        dice.shuffle(order)
        for which in order:
            began = time.perf_counter()
            await (first, second)[which]()
            times[which].append(time.perf_counter() - began)
    gaps = sorted(_gap(*(dice.choices(each, k=pairs) for each in times)) for _ in range(_RESAMPLES))
    return Comparison(
        median=statistics.median(times[0]),
        gap=_gap(*times),
        low=gaps[_RESAMPLES // 40],
        high=gaps[-_RESAMPLES // 40 - 1],
    )


def _gap(first: list[float], second: list[float]) -> float:
    return statistics.median(second) - statistics.median(first)
