"""TK-02 … TK-05: the verdict is a function of chain, number and instant alone."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexkey.domain.sessions.refresh_token import (
    LOST_ANSWER_GRACE,
    REMEMBERED,
    REPEAT_GRACE,
    Foreign,
    RefreshChain,
    Repeat,
    Reuse,
    Rotate,
    TooManyRefreshes,
)
from tests.support.doubles import START

MOMENT = timedelta(milliseconds=1)


def rotated(chain: RefreshChain, *, now: datetime) -> RefreshChain:
    verdict = chain.judge(chain.live, now=now)
    assert isinstance(verdict, Rotate)
    return verdict.chain


def after(*instants: timedelta) -> RefreshChain:
    """A chain that was rotated at each of these times after `START`."""
    chain = RefreshChain()
    for instant in instants:
        chain = rotated(chain, now=START + instant)
    return chain


class TestLiveToken:
    def test_tk_02_is_spent(self) -> None:
        assert rotated(RefreshChain(), now=START) == RefreshChain(live=2, spent=(START,))

    def test_tk_09_leaves_no_more_than_the_grace_needs(self) -> None:
        """TK-09: the row does not grow with use."""
        chain = after(*(timedelta(minutes=15) * number for number in range(1000)))

        assert chain.live == 1001
        assert len(chain.spent) == 1

    def test_is_refused_when_the_grace_could_not_be_kept(self) -> None:
        chain = after(*(timedelta(seconds=number / 4) for number in range(REMEMBERED)))
        now = START + timedelta(seconds=4)

        with pytest.raises(TooManyRefreshes) as refusal:
            chain.judge(chain.live, now=now)

        assert refusal.value.retry_after == timedelta(seconds=6)
        again = rotated(chain, now=now + refusal.value.retry_after)
        assert len(again.spent) == REMEMBERED

    @pytest.mark.parametrize(
        ("age", "remembered"),
        [(REPEAT_GRACE - MOMENT, 2), (REPEAT_GRACE, 1), (MOMENT - REPEAT_GRACE, 2)],
        ids=str,
    )
    def test_tk_09_remembers_what_is_within_the_grace(
        self, age: timedelta, remembered: int
    ) -> None:
        """TK-09: by whichever clock."""
        chain = rotated(after(timedelta(0)), now=START + age)

        assert chain.spent == (START + age, START)[:remembered]

    def test_is_the_first_of_a_new_chain(self) -> None:
        assert RefreshChain() == RefreshChain(live=1, spent=())
        assert isinstance(RefreshChain().judge(1, now=START), Rotate)
        assert RefreshChain().judge(0, now=START) == RefreshChain().judge(2, now=START) == Foreign()


class TestSpentToken:
    @pytest.mark.parametrize("age", [timedelta(0), LOST_ANSWER_GRACE - MOMENT])
    def test_tk_04_is_repeated_while_its_answer_may_be_lost(self, age: timedelta) -> None:
        """TK-04: nobody has used the successor."""
        assert after(timedelta(0)).judge(1, now=START + age) == Repeat(2)

    def test_tk_04_is_reused_after_that(self) -> None:
        assert after(timedelta(0)).judge(1, now=START + LOST_ANSWER_GRACE) == Reuse()

    def test_tk_03_is_repeated_with_the_live_one_within_the_grace(self) -> None:
        """TK-03: a repeat never gets a token that is spent already."""
        chain = after(timedelta(0), timedelta(seconds=1), timedelta(seconds=2))

        assert chain.judge(1, now=START + REPEAT_GRACE - MOMENT) == Repeat(4)
        assert chain.judge(1, now=START + REPEAT_GRACE) == Reuse()
        assert chain.judge(2, now=START + REPEAT_GRACE) == Repeat(4)

    def test_tk_02_is_reused_when_its_successor_was_used_long_after(self) -> None:
        """TK-02: what is forgotten was spent too long ago."""
        chain = after(timedelta(0), timedelta(minutes=15))

        assert chain.judge(1, now=START + timedelta(minutes=15)) == Reuse()

    @pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(days=-30)])
    def test_tk_05_is_not_revived_by_a_clock_that_is_set_back(self, step: timedelta) -> None:
        """TK-05."""
        chain = after(timedelta(0), timedelta(seconds=1))

        assert chain.judge(1, now=START + step) == Reuse()
        assert chain.judge(2, now=START + step) == Reuse()
        assert isinstance(chain.judge(3, now=START + step), Rotate)

    @pytest.mark.parametrize("number", [-1, 0, 3, 2**31])
    def test_is_foreign_when_it_was_never_given_out(self, number: int) -> None:
        """As after a restored backup."""
        assert after(timedelta(0)).judge(number, now=START) == Foreign()


@given(st.lists(st.integers(min_value=-20, max_value=900), max_size=40), st.integers(-5, 45))
def test_no_order_of_instants_breaks_a_chain(seconds: list[int], presented: int) -> None:
    """TK-02: there is one live number, and nothing but rotation moves it, forward by one."""
    chain, now = RefreshChain(), START
    for step in seconds:
        now += timedelta(seconds=step)
        try:
            before, chain = chain, rotated(chain, now=now)
        except TooManyRefreshes as refusal:
            now += refusal.retry_after
            before, chain = chain, rotated(chain, now=now)
        assert chain.live == before.live + 1
        assert len(chain.spent) <= min(REMEMBERED, chain.live - 1)
    verdict = chain.judge(presented, now=now) if presented != chain.live else None
    assert not isinstance(verdict, Rotate)
    if isinstance(verdict, Repeat):
        assert verdict.successor == chain.live
