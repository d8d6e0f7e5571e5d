"""How far somebody may go: properties over any roles and permissions."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexkey.domain.access import (
    ADMIN,
    MOST_PERMISSIONS,
    OPERATOR,
    POWERLESS,
    Authority,
    InvalidRole,
    Permission,
    Role,
    RoleDefinition,
    authority_of,
    parse_role,
    permissions_of,
)
from hexkey.domain.identifiers import UserId
from tests.support.doubles import START

SOMEBODY = UserId("somebody")
permissions = st.sampled_from([*Permission, "notes:write", "notes:read"])
some = st.frozensets(permissions)
roles = st.frozensets(st.sampled_from([ADMIN, Role("a"), Role("b"), Role("c")]))
definitions = st.dictionaries(st.sampled_from([Role("a"), Role("b")]), some).map(
    lambda it: {
        name: RoleDefinition(name=name, permissions=held, created_at=START)
        for name, held in it.items()
    }
)
authorities = st.builds(
    Authority, actor=st.just(SOMEBODY), permissions=some, is_administrator=st.booleans()
)


class TestAuthority:
    @given(roles, definitions)
    def test_is_what_the_roles_permit_and_nothing_else(
        self, held: frozenset[Role], defined: Mapping[Role, RoleDefinition]
    ) -> None:
        authority = authority_of(SOMEBODY, held, defined)

        for permission in permissions_of(defined):
            by_role = any(permission in defined[it].permissions for it in held & set(defined))
            assert authority.holds(permission) == (ADMIN in held or by_role)

    @given(authorities, authorities)
    def test_covers_who_may_do_nothing_more(self, one: Authority, other: Authority) -> None:
        everything = [*Permission, "notes:write", "notes:read", "of tomorrow"]
        more = [it for it in everything if other.holds(it) and not one.holds(it)]

        assert one.covers(other) == (more == [])

    @given(authorities)
    def test_of_an_operator_covers_all_and_that_of_nobody_none(self, other: Authority) -> None:
        assert OPERATOR.covers(other)
        assert POWERLESS.covers(other) == (not other.is_administrator and not other.permissions)
        assert other.covers(POWERLESS)

    @given(authorities, some)
    def test_limited_to_scopes_is_never_more_and_never_all(
        self, whole: Authority, scopes: frozenset[str]
    ) -> None:
        """TK-10: of an administrator's key, too."""
        limited = whole.limited_to(scopes)

        assert whole.covers(limited)
        assert not limited.is_administrator
        assert limited.permissions <= scopes
        assert all(limited.holds(it) == whole.holds(it) for it in scopes)


class TestRoleDefinition:
    def test_permits_exactly_what_it_is_told(self) -> None:
        role = RoleDefinition(name=Role("a"), created_at=START)

        assert role.permitting({"users:read", "x"}).permissions == {"users:read", "x"}
        assert role.permitting(()).permissions == frozenset()

    @pytest.mark.parametrize("bad", ["", "two words", "é", "x" * 65, "a\n"])
    def test_permits_only_names(self, bad: str) -> None:
        with pytest.raises(InvalidRole):
            RoleDefinition(name=Role("a"), created_at=START).permitting([bad])

    def test_is_bounded(self) -> None:
        many = [f"p{number}" for number in range(MOST_PERMISSIONS + 1)]
        role = RoleDefinition(name=Role("a"), created_at=START)

        assert len(role.permitting(many[1:]).permissions) == MOST_PERMISSIONS
        with pytest.raises(InvalidRole):
            role.permitting(many)

    @pytest.mark.parametrize("name", ["a", "help-desk", "a.b_c", "x" * 64, "0"])
    def test_is_named_by_a_word(self, name: str) -> None:
        assert parse_role(name) == name

    @pytest.mark.parametrize(
        "name", ["", "A", "-a", "a-", "a b", "a/b", "é", "x" * 65, "a\n", "%", "."]
    )
    def test_is_named_by_nothing_else(self, name: str) -> None:
        with pytest.raises(InvalidRole):
            parse_role(name)
