"""What was acknowledged, what may have happened, and whether all of it is still so."""

import os
import time
from dataclasses import dataclass, field

ROUNDS_VARIABLE = "HEXKEY_TEST_FAULT_ROUNDS"
SIZE_VARIABLE = "HEXKEY_TEST_FAULT_SIZE"


def rounds(default: int) -> int:
    """How often to do it: `default` in the checks, more by the environment."""
    return int(os.environ.get(ROUNDS_VARIABLE, default))


def sized(bounded: int, full: int) -> int:
    """How much of it: `bounded` in the checks, `full` where the environment asks for that."""
    return full if os.environ.get(SIZE_VARIABLE) == "full" else bounded


@dataclass
class Ledger:
    """The result of one fault run; printed, so that a long run leaves something to read.

    Attributes:
        acknowledged: answers of success.
        unanswered: requests whose fate nobody knew at the time.
        tolerates_500: whether an answer of 500 is one of these, because the fault is inside.
        refused: answers of 503.
        lost: acknowledged deeds that were undone.
        broken: sentences about what must never be.
        recovery: seconds from the end of each fault to the first success.
        restarts: seconds from the start of a killed server until it answers. To be read, not
            judged: the promise is 2 s on a machine of its own, and tests share theirs.
        slowest: seconds for the slowest answer.
        remarks: what else was measured.
    """

    name: str
    acknowledged: int = 0
    unanswered: int = 0
    tolerates_500: bool = False
    refused: int = 0
    lost: int = 0
    broken: list[str] = field(default_factory=list)
    recovery: list[float] = field(default_factory=list)
    restarts: list[float] = field(default_factory=list)
    slowest: float = 0.0
    remarks: list[str] = field(default_factory=list)

    def close(self) -> None:
        """Print it, and fail if anything was lost or broken."""
        print(  # noqa: T201 - `make faults` is read
            f"\n{self.name}: {self.acknowledged} acknowledged, {self.unanswered} unanswered, "
            f"{self.refused} refused, {self.lost} lost, {len(self.broken)} broken, "
            f"slowest answer {self.slowest:.2f} s, worst recovery {_worst(self.recovery)}, "
            f"worst restart to ready {_worst(self.restarts)}"
            + "".join(f"; {it}" for it in self.remarks)
        )
        assert self.lost == 0
        assert not self.broken, "\n".join(self.broken[:10])
        assert self.acknowledged

    def took(self, since: float) -> None:
        """An answer came, to a request of `since` (of `time.monotonic`)."""
        self.slowest = max(self.slowest, time.monotonic() - since)


def p99(seconds: list[float]) -> float:
    """The time that one in a hundred exceeds; of nothing, nothing."""
    return sorted(seconds)[int(len(seconds) * 0.99)] if seconds else 0.0


def _worst(seconds: list[float]) -> str:
    return f"{max(seconds):.2f} s" if seconds else "-"
