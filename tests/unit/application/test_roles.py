"""Defining roles: how many there may be, and what is left of them."""

import pytest

from hexkey.adapters.memory.access_directories import MemoryRoleDirectory
from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.access.roles import DefineRole, ListRoles, RemoveRole
from hexkey.domain.access import (
    MOST_ROLES,
    InvalidRole,
    Permission,
    Role,
    RoleBuiltIn,
    RoleInUse,
    RoleNotFound,
)
from hexkey.domain.audit.event import AuditType
from tests.support.audits import an_audit, events_in
from tests.support.builders import a_user
from tests.support.doubles import START, FrozenClock

pytestmark = pytest.mark.anyio


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def define(store: MemoryStore) -> DefineRole:
    return DefineRole(store=store, audit=an_audit(), clock=FrozenClock())


class TestDefineRole:
    async def test_is_bounded_for_new_ones_only(
        self, define: DefineRole, store: MemoryStore
    ) -> None:
        """AZ-01: all of them are read for one request."""
        for number in range(MOST_ROLES):
            await define(name=f"role-{number}", permissions=())

        with pytest.raises(InvalidRole):
            await define(name="one-more", permissions=())

        changed = await define(name="role-0", permissions=("notes:read",))
        assert changed.permissions == {"notes:read"}
        await RemoveRole(store=store, audit=an_audit(), clock=FrozenClock())(name="role-1")
        await define(name="one-more", permissions=())

    @pytest.mark.parametrize("permissions", [(), (Permission.USERS_READ,)])
    async def test_leaves_admin_as_it_is(
        self, define: DefineRole, store: MemoryStore, permissions: tuple[str, ...]
    ) -> None:
        for deed in (
            define(name="admin", permissions=permissions),
            define.permit(name="admin", permissions=permissions),
        ):
            with pytest.raises(RoleBuiltIn):
                await deed

        (admin,) = await ListRoles(roles=MemoryRoleDirectory(store))()
        assert (admin.built_in, set(admin.permissions)) == (True, set(Permission))
        assert events_in(store) == []

    async def test_permits_nothing_to_a_role_that_is_not_there(self, define: DefineRole) -> None:
        with pytest.raises(RoleNotFound):
            await define.permit(name="helpdesk", permissions=("users:read",))

    async def test_permits_exactly_what_it_is_told_or_more(
        self, define: DefineRole, store: MemoryStore
    ) -> None:
        """And what was permitted is written down, each time, in whole."""
        await define(name="helper", permissions=("b", "a"))
        more = await define.permit(name="helper", permissions=("c",))
        assert (more.permissions, more.created_at) == (frozenset("abc"), START)
        last = await define(name="helper", permissions=("c",))

        assert store.committed.roles == {"helper": last}
        assert last.permissions == {"c"}
        assert [(it.type, it.at, it.details) for it in events_in(store)] == [
            (AuditType.ROLE_DEFINED, START, {"role": "helper", "permissions": permissions})
            for permissions in ("a b", "a b c", "c")
        ]

    @pytest.mark.parametrize("name", ["", "A", "two words"])
    async def test_takes_no_name_that_is_none(
        self, define: DefineRole, store: MemoryStore, name: str
    ) -> None:
        for deed in (define(name=name, permissions=()), define.permit(name=name, permissions=())):
            with pytest.raises(InvalidRole):
                await deed
        assert (store.committed.roles, events_in(store)) == ({}, [])


class TestListRoles:
    async def test_begins_with_admin_and_says_which_are_built_in(
        self, define: DefineRole, store: MemoryStore
    ) -> None:
        await define(name="writer", permissions=("b", "a"))
        await define(name="helper", permissions=())

        listed = await ListRoles(roles=MemoryRoleDirectory(store))()

        assert [(it.name, list(it.permissions), it.built_in) for it in listed] == [
            ("admin", sorted(Permission), True),
            ("helper", [], False),
            ("writer", ["a", "b"], False),
        ]


class TestRemoveRole:
    @pytest.fixture
    def remove(self, store: MemoryStore) -> RemoveRole:
        return RemoveRole(store=store, audit=an_audit(), clock=FrozenClock())

    async def test_forgets_it_and_writes_that_down(
        self, define: DefineRole, remove: RemoveRole, store: MemoryStore
    ) -> None:
        await define(name="helper", permissions=())
        await remove(name="helper")

        assert store.committed.roles == {}
        removed = events_in(store)[-1]
        assert (removed.type, removed.at) == (AuditType.ROLE_REMOVED, START)
        assert removed.details == {"role": "helper"}

    @pytest.mark.parametrize(
        ("name", "refusal"),
        [("admin", RoleBuiltIn), ("unheard-of", RoleNotFound), ("held", RoleInUse)],
    )
    async def test_leaves_what_is_built_in_or_held_or_not_there(
        self,
        define: DefineRole,
        remove: RemoveRole,
        store: MemoryStore,
        name: str,
        refusal: type[Exception],
    ) -> None:
        await define(name="held", permissions=())
        async with store.begin() as transaction:
            await transaction.users.add(a_user(roles=frozenset((Role("held"),))))
            await transaction.commit()

        with pytest.raises(refusal):
            await remove(name=name)
        assert list(store.committed.roles) == ["held"]
        assert [it.type for it in events_in(store)] == [AuditType.ROLE_DEFINED]
