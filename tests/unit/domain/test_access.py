"""Scopes and names of roles: what is granted, and what is no name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexkey.domain.access import (
    ADMIN,
    OPERATOR,
    POWERLESS,
    Authority,
    Role,
    RoleDefinition,
    RoleNotFound,
    granted_scopes,
    is_scope_name,
    known_role,
)
from tests.support.doubles import START
from tests.support.strategies import text

names = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='"\\'),
    min_size=1,
    max_size=64,
)


class TestGrantedScopes:
    @given(st.lists(names | text), st.frozensets(names))
    def test_never_exceed_what_was_asked_for_nor_what_is_known(
        self, asked: list[str], known: frozenset[str]
    ) -> None:
        granted = granted_scopes(" ".join(asked), allowed=known)

        assert granted <= known
        assert granted <= set(" ".join(asked).split(" "))

    @given(st.lists(names), st.frozensets(names))
    def test_are_everything_known_that_was_asked_for(
        self, asked: list[str], known: frozenset[str]
    ) -> None:
        assert granted_scopes(" ".join(asked), allowed=known) == known & set(asked)

    @pytest.mark.parametrize("asked", ["", " ", "OPENID", "openid\tprofile", "openid,profile"])
    def test_are_none_for_what_is_no_list_of_names(self, asked: str) -> None:
        assert granted_scopes(asked, allowed=frozenset(("openid", "profile"))) == frozenset()


class TestScopeName:
    @given(names)
    def test_is_a_scope_token(self, name: str) -> None:
        assert is_scope_name(name)

    @pytest.mark.parametrize("bad", ["", " ", "a b", '"', "\\", "é", "a\n", "\x7f", "x" * 65])
    def test_holds_nothing_that_separates_or_quotes(self, bad: str) -> None:
        assert not is_scope_name(bad)


class TestKnownRole:
    @pytest.mark.parametrize("name", [ADMIN, "helper", "a.b-c_d"])
    def test_is_one_that_somebody_can_have_defined(self, name: str) -> None:
        assert known_role(name) == name

    @pytest.mark.parametrize("name", ["", "Admin", "two words", "x" * 65])
    def test_is_never_found_if_nobody_can(self, name: str) -> None:
        with pytest.raises(RoleNotFound):
            known_role(name)


class TestPower:
    def test_is_none_unless_it_is_given(self) -> None:
        assert Authority(actor=None) == POWERLESS != OPERATOR
        assert not POWERLESS.is_administrator
        assert OPERATOR.is_administrator
        assert (OPERATOR.actor, POWERLESS.actor) == (None, None)

    def test_of_a_role_keeps_its_beginning_when_it_changes(self) -> None:
        role = RoleDefinition(name=Role("a"), created_at=START)

        assert role.permitting(["x"]).created_at == START
        assert role.permissions == frozenset()
