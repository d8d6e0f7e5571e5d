import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexkey.domain.access import granted_scopes, is_scope_name
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
