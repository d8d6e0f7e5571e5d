"""Defining roles: how many there may be, and what is left of them."""

import pytest

from hexkey.adapters.memory.access_directories import MemoryRoleDirectory
from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.access.roles import DefineRole, ListRoles, RemoveRole
from hexkey.domain.access import MOST_ROLES, InvalidRole, Permission, RoleBuiltIn, RoleNotFound
from tests.support.audits import an_audit, events_in
from tests.support.doubles import FrozenClock

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
