"""How far somebody may go, at this moment."""

import pytest

from hexkey.adapters.memory.access_directories import MemoryRoleDirectory
from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.access.authority import ReadAuthority
from hexkey.domain.access import ADMIN, Permission, Role, RoleDefinition
from hexkey.domain.accounts.user import User
from tests.support.builders import a_user
from tests.support.doubles import START

pytestmark = pytest.mark.anyio

HELPER = Role("helper")


@pytest.fixture
async def read() -> ReadAuthority:
    store = MemoryStore()
    role = RoleDefinition(
        name=HELPER, permissions=frozenset((Permission.USERS_READ,)), created_at=START
    )
    async with store.begin() as transaction:
        await transaction.roles.put(role)
        await transaction.commit()
    return ReadAuthority(roles=MemoryRoleDirectory(store))


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
