"""API keys: what they may be, and how long they stand for their owner."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexkey.domain.access import MAX_SCOPES_LENGTH, Authority, Permission
from hexkey.domain.identifiers import ApiKeyId
from hexkey.domain.sessions.api_key import (
    ACCOUNT_SCOPES,
    LONGEST_LIFE,
    USED_EVERY,
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

    @pytest.mark.parametrize(
        "facts",
        [
            {"name": "x"},
            {"name": "x" * 100},
            {"scopes": ("x" * (MAX_SCOPES_LENGTH // 2 - 1), "y" * (MAX_SCOPES_LENGTH // 2))},
            {"expires_at": START + TICK},
        ],
    )
    def test_tk_10_may_go_to_the_end_of_its_rules(self, facts: dict[str, Any]) -> None:
        key = made(**facts)

        assert facts.get("name", "backup") == key.name
        assert key.scopes == frozenset(facts.get("scopes", ("account:read",)))

    @pytest.mark.parametrize("name", ["a ", "\ta", "a\n", " "])
    def test_tk_10_has_a_name_without_space_around_it(self, name: str) -> None:
        with pytest.raises(InvalidApiKey):
            made(name=name)

    def test_tk_10_has_scopes_that_fit(self) -> None:
        half = MAX_SCOPES_LENGTH // 2
        with pytest.raises(InvalidApiKey):
            made(scopes=("x" * half, "y" * half))

    @pytest.mark.parametrize("kind", KeyKind)
    def test_tk_10_is_of_its_owner_as_they_are(self, kind: KeyKind) -> None:
        key = made(kind)

        assert (key.owner, key.created_at, key.last_used_at) == (OWNER.id, START, None)
        personal = kind is KeyKind.PERSONAL
        assert key.credential_version == (OWNER.credential_version if personal else None)

    @pytest.mark.parametrize(
        ("used", "due"),
        [(None, True), (USED_EVERY - TICK, False), (USED_EVERY, True), (-USED_EVERY, False)],
        ids=str,
    )
    def test_tk_10_is_due_to_be_seen_once_a_minute(self, used: timedelta | None, due: bool) -> None:
        """So long ago it was used, as far as is written down."""
        key = replace(made(), last_used_at=None if used is None else START - used)

        assert key.is_due_to_be_seen(now=START) is due


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
