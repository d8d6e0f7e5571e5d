"""RL-12: when failures everywhere are an attack: at the very failure, and at the very instant."""

from datetime import timedelta

import pytest

from hexkey.domain.authentication.alerts import AGAIN_AFTER, OUTBREAK, Outbreak
from tests.support.doubles import START

MINUTE, TICK = timedelta(minutes=1), timedelta(milliseconds=1)


class TestOutbreak:
    def test_rl_12_is_what_200_failures_a_minute_are(self) -> None:
        outbreak = Outbreak()

        told = [outbreak.failed(now=START) for _ in range(203)]

        assert told == [None] * 199 + [200] * 4
        assert (OUTBREAK, AGAIN_AFTER) == (200, 10 * MINUTE)

    @pytest.mark.parametrize(
        ("after", "told"),
        [
            (timedelta(0), 3),
            (MINUTE, 3),
            (MINUTE + TICK, None),
            (-MINUTE, 3),
            (-MINUTE - TICK, None),
        ],
        ids=str,
    )
    def test_rl_12_counts_those_of_one_minute(self, after: timedelta, told: int | None) -> None:
        """RL-12: whichever way the clock was set meanwhile."""
        outbreak = Outbreak(most=3)
        for _ in range(2):
            assert outbreak.failed(now=START) is None

        assert outbreak.failed(now=START + after) == told

    def test_rl_12_is_over_when_nobody_fails_any_more(self) -> None:
        outbreak = Outbreak(most=2)
        for minutes in (0, 2, 4):
            assert outbreak.failed(now=START + minutes * MINUTE) is None
        assert outbreak.failed(now=START + 5 * MINUTE) == 2
