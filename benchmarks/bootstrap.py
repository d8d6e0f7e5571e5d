"""How sure a difference or a ratio of medians is."""

import random
import statistics
from collections.abc import Callable, Sequence

RESAMPLINGS = 2000


def confidence(
    samples: Sequence[Sequence[float]],
    figure: Callable[[list[float]], float],
    *,
    level: float = 0.95,
) -> tuple[float, float]:
    """The percentile bootstrap interval of `figure` of the samples' medians.

    Args:
        figure: gets one median per sample, in their order.
    """
    dice = random.Random(1)  # the same samples always give the same interval
    found = sorted(
        figure([statistics.median(dice.choices(sample, k=len(sample))) for sample in samples])
        for _ in range(RESAMPLINGS)
    )
    outside = round(RESAMPLINGS * (1 - level) / 2)
    return found[outside], found[-1 - outside]
