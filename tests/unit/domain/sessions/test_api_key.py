"""API keys: what they may be, and how long they stand for their owner."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexkey.domain.access import Authority, Permission
from hexkey.domain.identifiers import ApiKeyId
from hexkey.domain.sessions.api_key import (
    ACCOUNT_SCOPES,
    LONGEST_LIFE,
    ApiKey,
    InvalidApiKey,
    KeyKind,
    KeyStatus,
    ScopeNotAllowed,
    ensure_within,
)
from tests.support.builders import a_user
from tests.support.doubles import START

TICK = timedelta(milliseconds=1)
OWNER = a_user()


def made(
    kind: KeyKind = KeyKind.PERSONAL,
    *,
    name: str = "backup",
    scopes: Collection[str] = ("account:read",),
    expires_at: datetime | None = START + timedelta(days=1),
) -> ApiKey:
    return ApiKey.made(
        id=ApiKeyId("key"),
        owner=OWNER,
        kind=kind,
        name=name,
        digest="d" * 64,
        scopes=scopes,
        expires_at=expires_at,
        now=START,
    )


class TestApiKey:
    @pytest.mark.parametrize("kind", KeyKind)
    def test_tk_10_opens_until_the_instant_of_its_end(self, kind: KeyKind) -> None:
        """TK-10."""
        key = made(kind)

        assert key.opens_for(OWNER, now=START + timedelta(days=1) - TICK)
        assert not key.opens_for(OWNER, now=START + timedelta(days=1))

    @pytest.mark.parametrize("kind", KeyKind)
    def test_se_05_opens_for_nobody_who_may_not_be_here(self, kind: KeyKind) -> None:
        """SE-05."""
        key = made(kind)
        leaving = OWNER.leaving(erase_at=START + timedelta(days=9), now=START)

        assert not key.opens_for(OWNER.disabled(now=START), now=START)
        assert not key.opens_for(leaving, now=START)
        assert key.opens_for(leaving.restored(now=START), now=START)

    def test_tk_10_of_a_person_ends_with_the_password(self) -> None:
        changed = OWNER.without_password(now=START)

        assert not made().opens_for(changed, now=START)
        assert made(KeyKind.SERVICE).opens_for(changed, now=START)

    @pytest.mark.parametrize("kind", KeyKind)
    def test_tk_10_says_why_it_opens_nothing(self, kind: KeyKind) -> None:
        key, end = made(kind), START + timedelta(days=1)

        assert key.status_for(OWNER, now=START) is KeyStatus.ACTIVE
        assert key.status_for(OWNER, now=end) is KeyStatus.EXPIRED
        assert key.status_for(OWNER.disabled(now=START), now=START) is KeyStatus.ENDED

    def test_tk_10_of_a_service_may_have_no_end(self) -> None:
        lasting = made(KeyKind.SERVICE, expires_at=None)

        assert lasting.opens_for(OWNER, now=START + timedelta(days=9999))

    @pytest.mark.parametrize(
        "facts",
        [
            {"name": ""},
            {"name": " a"},
            {"name": "x" * 101},
            {"name": "a\x00"},
            {"scopes": ()},
            {"scopes": ("x" * 64,) * 100},
            {"expires_at": None},
            {"expires_at": START},
            {"expires_at": START + LONGEST_LIFE + TICK},
        ],
    )
    def test_tk_10_keeps_to_its_rules(self, facts: dict[str, Any]) -> None:
        with pytest.raises(InvalidApiKey):
            made(**facts)

    def test_tk_10_lasts_a_year_at_most(self) -> None:
        assert made(expires_at=START + LONGEST_LIFE).expires_at == START + LONGEST_LIFE


names = st.sampled_from([*Permission, *ACCOUNT_SCOPES, "notes:write", "openid", "other"])


class TestScopes:
    @given(st.frozensets(names), st.frozensets(names), st.booleans())
    def test_tk_10_are_within_those_of_the_owner(
        self, scopes: frozenset[str], held: frozenset[str], is_administrator: bool
    ) -> None:
        """TK-10: whatever is asked for, and whoever asks."""
        owner = Authority(actor=OWNER.id, permissions=held, is_administrator=is_administrator)
        known, free = frozenset((*Permission, "notes:write")), frozenset(("openid", "notes:write"))
        allowed = {
            it
            for it in scopes
            if it in ACCOUNT_SCOPES
            or (it in known and owner.holds(it))
            or (it in free and it not in known)
        }

        try:
            ensure_within(scopes, owner, permissions=known, open_scopes=free)
        except ScopeNotAllowed:
            assert scopes - allowed
        else:
            assert scopes == allowed
