"""The bounds of a list of revocations, each at the instant itself."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from hexkey.domain.identifiers import SessionId, UserId
from hexkey.domain.sessions.access_token import CLOCK_SKEW, InvalidToken
from hexkey.domain.sessions.revocation_list import (
    STATEMENT_LIFETIME,
    RevocationList,
    RevocationStatement,
    not_before,
    oldest_that_matters,
)
from tests.support.doubles import START
from tests.support.issuing import some_claims

MOMENT, SECOND = timedelta(milliseconds=1), timedelta(seconds=1)
HOUR = timedelta(hours=1)
SESSION, USER = SessionId("s"), UserId("u")


def said(at: datetime) -> RevocationStatement:
    return RevocationStatement.made(RevocationList(), issuer="x", since=at - HOUR, now=at)


class TestStatement:
    @pytest.mark.parametrize(
        "now",
        [START - CLOCK_SKEW, START, START + STATEMENT_LIFETIME + CLOCK_SKEW - MOMENT],
        ids=str,
    )
    def test_is_believed_from_its_first_instant_to_its_last(self, now: datetime) -> None:
        said(START).ensure_current(now=now)

    @pytest.mark.parametrize(
        "now", [START - CLOCK_SKEW - MOMENT, START + STATEMENT_LIFETIME + CLOCK_SKEW], ids=str
    )
    def test_is_not_believed_beyond(self, now: datetime) -> None:
        with pytest.raises(InvalidToken):
            said(START).ensure_current(now=now)

    def test_is_worn_after_half_of_its_time(self) -> None:
        half = START + STATEMENT_LIFETIME / 2

        assert not said(START).is_worn(now=half - MOMENT)
        assert said(START).is_worn(now=half)

    def test_says_who_says_what_for_how_long(self) -> None:
        revoked = RevocationList(not_before=START)
        made = RevocationStatement.made(
            revoked, issuer="x", since=START - HOUR + MOMENT, now=START + MOMENT
        )

        assert made == RevocationStatement(
            issuer="x",
            since=START - HOUR,
            issued_at=START,
            expires_at=START + timedelta(minutes=10),
            revoked=revoked,
        )

    def test_says_whole_seconds(self) -> None:
        assert said(START + SECOND - MOMENT) == said(START)


class TestList:
    def test_has_a_tag_for_each_content(self) -> None:
        contents = [
            RevocationList(),
            *(RevocationList(not_before=at) for at in (START, START + SECOND)),
            *(RevocationList(sessions={SESSION: at}) for at in (START, START + SECOND)),
            *(RevocationList(users={USER: at}) for at in (START, START + SECOND)),
            RevocationList(sessions={SessionId("t"): START}),
            RevocationList(users={UserId("t"): START}),
        ]

        assert len({it.tag for it in contents}) == len(contents)

    def test_has_a_tag_of_one_length(self) -> None:
        assert {len(RevocationList(not_before=at).tag) for at in (None, START)} == {32}

    @pytest.mark.parametrize(
        ("revoked", "refused"),
        [
            (RevocationList(), False),
            (RevocationList(sessions={SESSION: START - HOUR}), True),
            (RevocationList(sessions={SessionId("t"): START + HOUR}), False),
            (RevocationList(users={USER: START + SECOND}), True),
            (RevocationList(users={USER: START}), False),
            (RevocationList(users={UserId("v"): START + HOUR}), False),
            (RevocationList(not_before=START + SECOND), True),
            (RevocationList(not_before=START), False),
            (RevocationList(users={USER: START}, not_before=START + SECOND), True),
            (RevocationList(users={USER: START + SECOND}, not_before=START), True),
        ],
    )
    def test_se_03_revokes_what_was_issued_before_the_bound(
        self, revoked: RevocationList, refused: bool
    ) -> None:
        """SE-03: a session whenever, a user and everybody before an instant."""
        claims = replace(some_claims(), session=SESSION, subject=USER, issued_at=START)

        assert revoked.revokes(claims) is refused


class TestWhatMatters:
    def test_goes_back_as_far_as_any_clock_may_believe_a_token(self) -> None:
        assert oldest_that_matters(lifetime=HOUR, now=START) == START - HOUR - 2 * CLOCK_SKEW

    @pytest.mark.parametrize("late", [timedelta(0), MOMENT, SECOND - MOMENT], ids=str)
    def test_covers_everything_issued_before_by_any_clock(self, late: timedelta) -> None:
        bound = not_before(START + late)

        assert bound.microsecond == 0
        assert START + late + CLOCK_SKEW <= bound < START + late + CLOCK_SKEW + SECOND
