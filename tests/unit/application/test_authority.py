"""How far somebody may go, at this moment."""

from collections.abc import Mapping
from contextlib import nullcontext
from typing import ClassVar

import pytest

from hexkey.adapters.memory.access_directories import MemoryRoleDirectory
from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.access.authority import (
    GrantScopes,
    ReadAuthority,
    ensure_covered,
    ensure_may_assign,
)
from hexkey.application.audit.context import RequestContext, serving
from hexkey.domain.access import (
    ADMIN,
    OPERATOR,
    Authority,
    Forbidden,
    Permission,
    Role,
    RoleDefinition,
    RoleNotFound,
)
from hexkey.domain.accounts.user import User
from hexkey.domain.audit.event import Check
from tests.support.builders import a_user
from tests.support.doubles import START

pytestmark = pytest.mark.anyio

HELPER, WRITER = Role("helper"), Role("writer")
READING = Authority(actor=None, permissions=frozenset((Permission.USERS_READ,)))
WRITING = Authority(
    actor=None, permissions=frozenset((Permission.USERS_READ, Permission.USERS_WRITE))
)


class CountedRoles(MemoryRoleDirectory):
    """Counts how often it is asked."""

    asked: ClassVar[int] = 0

    async def all(self) -> Mapping[Role, RoleDefinition]:
        CountedRoles.asked += 1
        return await super().all()


@pytest.fixture
async def store() -> MemoryStore:
    store = MemoryStore()
    permitted = {HELPER: Permission.USERS_READ, WRITER: Permission.USERS_WRITE}
    async with store.begin() as transaction:
        for name, permission in permitted.items():
            await transaction.roles.put(
                RoleDefinition(name=name, permissions=frozenset((permission,)), created_at=START)
            )
        await transaction.commit()
    return store


@pytest.fixture
def directory(store: MemoryStore) -> CountedRoles:
    CountedRoles.asked = 0
    return CountedRoles(store)


@pytest.fixture
def read(directory: CountedRoles) -> ReadAuthority:
    return ReadAuthority(roles=directory)


class TestReadAuthority:
    @pytest.mark.parametrize("roles", [{ADMIN}, {HELPER}, {ADMIN, HELPER}])
    async def test_az_05_is_nothing_for_who_is_leaving(
        self, read: ReadAuthority, roles: set[Role]
    ) -> None:
        """AZ-05: whatever they hold, wherever it is asked; and comes back if they stay."""
        user: User = a_user(roles=frozenset(roles))
        leaving = user.leaving(erase_at=START, now=START)

        assert (await read(user)).holds(Permission.USERS_READ)
        nothing = await read(leaving)
        assert not any(nothing.holds(it) for it in Permission)
        assert (await read(leaving.restored(now=START))).holds(Permission.USERS_READ)

    @pytest.mark.parametrize(
        ("held", "permitted", "asked"),
        [
            ((), [], 0),
            ((ADMIN,), list(Permission), 0),
            ((HELPER,), [Permission.USERS_READ], 1),
            ((ADMIN, HELPER), list(Permission), 1),
        ],
    )
    async def test_az_05_is_what_is_permitted_and_read_only_for_who_holds_a_role(
        self, read: ReadAuthority, held: tuple[Role, ...], permitted: list[str], asked: int
    ) -> None:
        user = a_user(roles=frozenset(held))

        authority = await read(user)

        assert [it for it in Permission if authority.holds(it)] == permitted
        assert (authority.actor, CountedRoles.asked) == (user.id, asked)


class TestGrantScopes:
    @pytest.mark.parametrize(
        ("held", "granted"),
        [
            ((), {"openid"}),
            ((HELPER,), {"openid", "users:read"}),
            ((WRITER,), {"openid", "users:write"}),
            ((ADMIN,), {"openid", "users:read", "users:write"}),
        ],
    )
    async def test_az_05_of_a_permission_are_for_who_holds_it_whoever_may_ask(
        self, directory: CountedRoles, held: tuple[Role, ...], granted: set[str]
    ) -> None:
        """AZ-05: a deployment that offers the name of a permission to all gives it to none."""
        grant = GrantScopes(roles=directory, known=frozenset(("openid", "users:write", "profile")))
        requested = "openid users:read users:write unheard-of"

        assert await grant(a_user(roles=frozenset(held)), requested=requested) == granted

    async def test_are_none_without_a_look_if_none_is_asked_for(
        self, directory: CountedRoles
    ) -> None:
        grant = GrantScopes(roles=directory, known=frozenset(("openid",)))

        assert await grant(a_user(roles=frozenset((ADMIN,))), requested="") == frozenset()
        assert CountedRoles.asked == 0


COVERED = [
    (OPERATOR, (ADMIN,), True),
    (OPERATOR, (HELPER, WRITER), True),
    (READING, (), True),
    (READING, (HELPER,), True),
    (READING, (WRITER,), False),
    (READING, (HELPER, WRITER), False),
    (WRITING, (HELPER, WRITER), True),
    (WRITING, (ADMIN,), False),
]


@pytest.mark.parametrize(("by", "roles", "covered"), COVERED)
class TestEnsuring:
    """AZ-04: nobody acts on who may do more, and nobody gives what they do not have."""

    async def test_az_04_covers_who_may_do_nothing_more(
        self, store: MemoryStore, by: Authority, roles: tuple[Role, ...], covered: bool
    ) -> None:
        user = a_user(roles=frozenset(roles))
        async with store.begin() as transaction:
            with serving(RequestContext()) as context, expected(covered):
                await ensure_covered(transaction, user, by=by)

        assert context.checks == noted("caller.covers", by, roles, covered)

    async def test_az_04_gives_what_the_giver_has(
        self, store: MemoryStore, by: Authority, roles: tuple[Role, ...], covered: bool
    ) -> None:
        async with store.begin() as transaction:
            with serving(RequestContext()) as context, expected(covered):
                await ensure_may_assign(transaction, roles, a_user(), by=by)

        assert context.checks == noted("caller.may_give", by, roles, covered)

    async def test_az_04_gives_nothing_that_is_not_defined(
        self, store: MemoryStore, by: Authority, roles: tuple[Role, ...], covered: bool
    ) -> None:
        async with store.begin() as transaction:
            for unknown in ((*roles, Role("unheard-of")), (Role("unheard-of"), *roles)):
                with pytest.raises(RoleNotFound):
                    await ensure_may_assign(transaction, unknown, a_user(), by=by)


def expected(allowed: bool) -> "nullcontext[None] | pytest.RaisesExc[Forbidden]":
    return nullcontext() if allowed else pytest.raises(Forbidden)


def noted(name: str, by: Authority, roles: tuple[Role, ...], passed: bool) -> list[Check]:
    """What is written down of it; an administrator is asked nothing."""
    if by.is_administrator:
        return []
    return [Check(name=name, passed=passed, facts={"roles": " ".join(sorted(roles))})]
