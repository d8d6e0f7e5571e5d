"""TK-05: what a clock that steps does to spent refresh tokens."""

from datetime import timedelta

from hexkey.domain.sessions.refresh_token import RefreshChain, Repeat, Reuse, Rotate
from tests.support.doubles import START


def rotated(chain: RefreshChain, *, at: float) -> RefreshChain:
    verdict = chain.judge(chain.live, now=START + timedelta(seconds=at))
    assert isinstance(verdict, Rotate)
    return verdict.chain


class TestAClockThatSteps:
    def test_leaves_every_instant_with_its_own_token(self) -> None:
        # The second was spent at -5: out of the grace at 7, while the first is still in it.
        chain = rotated(rotated(rotated(RefreshChain(), at=0), at=-5), at=7)

        assert chain.judge(2, now=START + timedelta(seconds=7)) == Reuse()

    def test_brings_no_spent_token_back(self) -> None:
        chain = rotated(RefreshChain(), at=3600)

        assert chain.judge(1, now=START) == Reuse()

    def test_spares_an_innocent_repeat_when_it_is_small(self) -> None:
        chain = rotated(rotated(RefreshChain(), at=5), at=6)

        assert chain.judge(1, now=START) == Repeat(3)

    def test_does_not_hold_refreshes_up_when_it_goes_back_far(self) -> None:
        chain = RefreshChain()
        for number in range(40):
            chain = rotated(chain, at=-900 * number)

        assert chain.live == 41
