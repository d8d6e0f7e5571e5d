"""Requests as fast as they are answered, by wrk on the generator's core."""

import json
import shutil
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from benchmarks.processes import GENERATOR_CORE, Failed, finish

SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True, slots=True)
class Figures:
    """What wrk saw.

    Attributes:
        rate: answers per second.
        refused: answers with a status from 400 on.
        broken: connections that failed and requests that timed out.
    """

    rate: float
    p50_ms: float
    p99_ms: float
    refused: int = 0
    broken: int = 0

    @classmethod
    def median(cls, several: Sequence[Self]) -> Self:
        """The median of each figure over the rounds; faults are added up."""
        return cls(
            rate=statistics.median(each.rate for each in several),
            p50_ms=statistics.median(each.p50_ms for each in several),
            p99_ms=statistics.median(each.p99_ms for each in several),
            refused=sum(each.refused for each in several),
            broken=sum(each.broken for each in several),
        )


def ensure_installed() -> None:
    """Raises: Failed: with the cure, if there is no wrk."""
    if shutil.which("wrk") is None:
        raise Failed("wrk is missing; install it with `apt-get install wrk` (Debian, Ubuntu)")


def load(port: int, path: str, tokens: Path, *, connections: int, seconds: float) -> Figures:
    """Ask for `path` over and over.

    Args:
        tokens: a file with a token a line; they take turns.
        seconds: rounded to whole ones, which is all that wrk knows; at least one.
    """
    whole = max(1, round(seconds))
    printed = finish(
        ["wrk", "-t1", f"-c{connections}", f"-d{whole}s", "--timeout", "30s",
         "-s", str(SCRIPT), f"http://127.0.0.1:{port}{path}", "--", str(tokens)],
        seconds=whole + 60,
        cores=GENERATOR_CORE,
    )  # fmt: skip
    lines = [line for line in printed.splitlines() if line.startswith("FIGURES ")]
    if not lines:
        raise Failed(f"wrk said nothing usable:\n{printed[-800:]}")
    seen = json.loads(lines[0].removeprefix("FIGURES "))
    return Figures(
        rate=seen["requests"] / seen["seconds"],
        p50_ms=seen["p50_ms"],
        p99_ms=seen["p99_ms"],
        refused=seen["refused"],
        broken=seen["broken"],
    )


def median(ratios: Iterable[float]) -> float:
    """The median of what the rounds gave."""
    return statistics.median(ratios)
