"""SE-08: routes of other applications ask for a fresh proof by the same arithmetic as our own."""

from contextlib import nullcontext
from datetime import timedelta

import pytest

from hexkey.domain.sessions.session import ReauthenticationRequired
from hexkey.entrypoints.http.caller import Caller
from hexkey.entrypoints.http.security import _Rule
from tests.support.doubles import START

WITHIN = timedelta(minutes=5)
MOMENT = timedelta(milliseconds=1)


class TestRule:
    @pytest.mark.parametrize("direction", [1, -1])
    @pytest.mark.parametrize(
        ("age", "fresh"), [(timedelta(0), True), (WITHIN - MOMENT, True), (WITHIN, False)]
    )
    def test_se_08_wants_a_proof_that_is_near_whichever_way_the_clock_went(
        self, age: timedelta, direction: int, fresh: bool
    ) -> None:
        caller = Caller("u.1", "s.1", frozenset(), frozenset(), proved_at=START)

        with nullcontext() if fresh else pytest.raises(ReauthenticationRequired):
            _Rule(within=WITHIN).check(caller, now=START + direction * age)
