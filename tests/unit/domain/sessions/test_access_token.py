from datetime import timedelta

import pytest
from hypothesis import given

from hexkey.domain.access import ADMIN, POWERLESS
from hexkey.domain.identifiers import ApiKeyId, SessionId, TokenId, UserId
from hexkey.domain.sessions.access_token import (
    ACCESS_TOKEN_LIFETIME,
    CLOCK_SKEW,
    AccessTokenClaims,
    InvalidToken,
    Principal,
    TokenExpired,
)
from hexkey.domain.sessions.api_key import ApiKey, KeyKind
from hexkey.domain.sessions.session import FRESH_FOR
from tests.support.builders import a_user, an_id
from tests.support.doubles import START
from tests.support.strategies import steps

CLAIMS = AccessTokenClaims(
    id=TokenId(an_id()),
    issuer="https://auth.example",
    audience="https://api.example",
    subject=UserId(an_id()),
    client_id="hexkey",
    session=SessionId(an_id()),
    issued_at=START,
    expires_at=START + ACCESS_TOKEN_LIFETIME,
    authenticated_at=START,
)
MOMENT = timedelta(milliseconds=1)


class TestAccessTokenClaims:
    @pytest.mark.parametrize("late", [-1, 0, 29])
    def test_jw_08_are_believed_within_the_skew_after_their_end(self, late: int) -> None:
        CLAIMS.ensure_current(now=CLAIMS.expires_at + timedelta(seconds=late))

    @pytest.mark.parametrize("late", [30, 61, 10**8])
    def test_jw_08_are_expired_after_that(self, late: int) -> None:
        with pytest.raises(TokenExpired):
            CLAIMS.ensure_current(now=CLAIMS.expires_at + timedelta(seconds=late))

    @pytest.mark.parametrize("early", [0, 29, 30])
    def test_jw_08_are_believed_within_the_skew_before_their_beginning(self, early: int) -> None:
        CLAIMS.ensure_current(now=CLAIMS.issued_at - timedelta(seconds=early))

    @pytest.mark.parametrize("early", [31, 61, 10**8])
    def test_jw_08_are_invalid_when_they_come_from_the_future(self, early: int) -> None:
        with pytest.raises(InvalidToken) as refusal:
            CLAIMS.ensure_current(now=CLAIMS.issued_at - timedelta(seconds=early))
        assert not isinstance(refusal.value, TokenExpired)

    def test_jw_08_have_their_bounds_at_the_instant_itself(self) -> None:
        first, end = CLAIMS.issued_at - CLOCK_SKEW, CLAIMS.expires_at + CLOCK_SKEW
        CLAIMS.ensure_current(now=first)
        CLAIMS.ensure_current(now=end - MOMENT)

        with pytest.raises(InvalidToken):
            CLAIMS.ensure_current(now=first - MOMENT)
        with pytest.raises(TokenExpired):
            CLAIMS.ensure_current(now=end)

    @given(steps)
    def test_are_believed_exactly_between_them(self, step: timedelta) -> None:
        current = -CLOCK_SKEW <= step < ACCESS_TOKEN_LIFETIME + CLOCK_SKEW
        try:
            CLAIMS.ensure_current(now=START + step)
        except InvalidToken:
            assert not current
        else:
            assert current

    def test_the_skew_is_at_most_a_minute(self) -> None:
        assert timedelta(0) < CLOCK_SKEW <= timedelta(seconds=60)


class TestPrincipal:
    def test_has_the_roles_of_its_user(self) -> None:
        user = a_user(roles=frozenset((ADMIN,)))
        principal = Principal(user=user, session=None, scopes=frozenset(), proved_at=START)

        assert principal.roles == {ADMIN}

    @pytest.mark.parametrize(
        ("age", "fresh"), [(timedelta(0), True), (FRESH_FOR - MOMENT, True), (FRESH_FOR, False)]
    )
    @pytest.mark.parametrize("direction", [1, -1])
    def test_se_08_is_fresh_until_the_instant_itself(
        self, age: timedelta, direction: int, fresh: bool
    ) -> None:
        """SE-08: nor does a clock that is set back make an old proof fresh."""
        principal = Principal(user=a_user(), session=None, scopes=frozenset(), proved_at=START)

        assert principal.is_fresh(now=START + direction * age, within=FRESH_FOR) is fresh

    @pytest.mark.parametrize("kind", KeyKind)
    @pytest.mark.parametrize("age", [timedelta(0), timedelta(days=999)])
    def test_se_08_by_a_key_is_fresh_if_an_operator_made_it(
        self, kind: KeyKind, age: timedelta
    ) -> None:
        """SE-08, TK-10: a program can prove nothing, however old or new its key is."""
        principal = by_key(kind)

        fresh = principal.is_fresh(now=START + age, within=FRESH_FOR)
        assert fresh is (kind is KeyKind.SERVICE)

    @pytest.mark.parametrize("leaving", [True, False])
    @pytest.mark.parametrize("key", [None, *KeyKind])
    def test_tk_10_has_roles_only_by_itself_and_if_it_stays(
        self, key: KeyKind | None, leaving: bool
    ) -> None:
        principal = by_key(key, leaving=leaving)

        assert principal.roles == (frozenset() if leaving or key else {ADMIN})

    def test_has_no_authority_unless_it_is_read(self) -> None:
        assert by_key(None).authority == POWERLESS


def by_key(kind: KeyKind | None, *, leaving: bool = False) -> Principal:
    """An administrator who comes by such a key, or by a token."""
    user = a_user(roles=frozenset((ADMIN,)))
    key = (
        None
        if kind is None
        else ApiKey(
            id=ApiKeyId(an_id()),
            owner=user.id,
            kind=kind,
            name="backup",
            digest="d",
            scopes=frozenset(),
            credential_version=None,
            created_at=START,
            expires_at=None,
        )
    )
    if leaving:
        user = user.leaving(erase_at=START, now=START)
    return Principal(user=user, session=None, scopes=frozenset(), proved_at=START, key=key)
