"""What `AccessStore`, its transaction and `RoleDirectory` promise."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from hexkey.application.ports.access import AccessStore, RoleDirectory
from hexkey.domain.access import ADMIN, Role, RoleDefinition, RoleInUse
from hexkey.domain.accounts.user import LastAdministrator, User
from hexkey.domain.errors import TemporarilyUnavailable
from tests.support.builders import a_user
from tests.support.doubles import START

LATER = START + timedelta(milliseconds=1)
HELPDESK, AUDITOR = Role("helpdesk"), Role("auditor")

Change = Callable[[User], User]

WAYS_OUT: dict[str, Change] = {
    "disabled": lambda user: user.disabled(now=LATER),
    "demoted": lambda user: user.revoked(ADMIN, now=LATER),
    "leaving": lambda user: user.leaving(erase_at=LATER, now=LATER),
    "erased at once": lambda user: user.erased_at_once(now=LATER),
    "without a credential": lambda user: user.without_password(now=LATER),
}
NO_ADMINISTRATORS: dict[str, dict[str, Any]] = {
    "plain": {"roles": frozenset((HELPDESK,))},
    "disabled": {"roles": frozenset((ADMIN,)), "status": a_user().disabled(now=START).status},
    "leaving": {"roles": frozenset((ADMIN,)), "erase_at": LATER},
    "without a credential": {"roles": frozenset((ADMIN,)), "password": None},
}


def a_role(name: Role = HELPDESK, *permissions: str) -> RoleDefinition:
    return RoleDefinition(name=name, permissions=frozenset(permissions), created_at=START)


def an_administrator() -> User:
    return a_user(roles=frozenset((ADMIN,)))


async def defined(store: AccessStore, *roles: RoleDefinition) -> None:
    """Keep `roles`, for good."""
    async with store.begin() as transaction:
        for role in roles:
            await transaction.roles.put(role)
        await transaction.commit()


async def joined(store: AccessStore, *users: User) -> None:
    """Keep `users`, for good."""
    async with store.begin() as transaction:
        for user in users:
            await transaction.users.add(user)
        await transaction.commit()


async def tried(store: AccessStore, old: User, new: User | None) -> str:
    """Replace `old` by `new`, or erase it; what became of that."""
    try:
        async with store.begin() as transaction:
            if new is None:
                done = await transaction.users.erase(old, now=LATER)
            else:
                done = await transaction.users.replace(old, new)
            await transaction.commit()
    except LastAdministrator:
        return "refused"
    except TemporarilyUnavailable:
        return "try again"
    return "done" if done else "stale"


class AccessStoreContract(ABC):
    """Subclass as `TestXxxAccessStore` and provide the fixtures `store` and `role_directory`."""

    @abstractmethod
    def store(self) -> AccessStore: ...

    @abstractmethod
    def role_directory(self) -> RoleDirectory:
        """Reads what `store` has committed."""

    async def test_keeps_roles(self, store: AccessStore, role_directory: RoleDirectory) -> None:
        helpdesk, auditor = a_role(HELPDESK, "users:read", "notes:write"), a_role(AUDITOR)

        await defined(store, helpdesk, auditor)

        assert await role_directory.all() == {AUDITOR: auditor, HELPDESK: helpdesk}
        async with store.begin() as transaction:
            assert await transaction.roles.all() == {AUDITOR: auditor, HELPDESK: helpdesk}
            assert await transaction.roles.find(HELPDESK) == helpdesk
            assert await transaction.roles.find(Role("nobody")) is None

    async def test_keeps_a_role_in_place_of_the_former(
        self, store: AccessStore, role_directory: RoleDirectory
    ) -> None:
        await defined(store, a_role(HELPDESK, "users:read", "users:write"))

        await defined(store, a_role(HELPDESK, "users:read", "users:disable"))

        assert await role_directory.all() == {
            HELPDESK: a_role(HELPDESK, "users:read", "users:disable")
        }

    async def test_forgets_what_was_not_committed(
        self, store: AccessStore, role_directory: RoleDirectory
    ) -> None:
        async with store.begin() as transaction:
            await transaction.roles.put(a_role())
            assert await transaction.roles.find(HELPDESK) == a_role()
            assert await transaction.administration.begin(now=START)

        assert await role_directory.all() == {}
        async with store.begin() as transaction:
            assert not await transaction.administration.has_begun()

    async def test_removes_a_role_that_nobody_holds(
        self, store: AccessStore, role_directory: RoleDirectory
    ) -> None:
        await defined(store, a_role(HELPDESK, "users:read"))
        async with store.begin() as transaction:
            assert await transaction.roles.remove(HELPDESK)
            assert await transaction.roles.find(HELPDESK) is None
            assert not await transaction.roles.remove(HELPDESK)
            await transaction.commit()

        assert await role_directory.all() == {}

    async def test_does_not_remove_a_role_that_somebody_holds(self, store: AccessStore) -> None:
        await defined(store, a_role())
        await joined(store, a_user(roles=frozenset((HELPDESK,))))

        with pytest.raises(RoleInUse):
            async with store.begin() as transaction:
                await transaction.roles.remove(HELPDESK)

    async def test_rc_16_takes_down_that_there_was_an_administrator(
        self, store: AccessStore
    ) -> None:
        """RC-16, P60: whatever becomes of them."""
        first = an_administrator()
        async with store.begin() as transaction:
            assert not await transaction.administration.has_begun()
            await transaction.users.add(first)
            await transaction.commit()
        second = an_administrator()
        await joined(store, second)
        assert await tried(store, first, None) == "done"

        async with store.begin() as transaction:
            assert await transaction.administration.has_begun()
            assert not await transaction.administration.begin(now=LATER)

    async def test_rc_16_takes_it_down_too_when_the_role_is_given(self, store: AccessStore) -> None:
        user = a_user()
        await joined(store, user)

        assert await tried(store, user, user.granted(ADMIN, now=LATER)) == "done"

        async with store.begin() as transaction:
            assert await transaction.administration.has_begun()

    async def test_rc_16_begins_once_at_the_same_instant(self, store: AccessStore) -> None:
        """RC-16, RA-02."""

        async def begin() -> bool:
            try:
                async with store.begin() as transaction:
                    begun = await transaction.administration.begin(now=START)
                    await transaction.commit()
            except TemporarilyUnavailable:
                return False
            return begun

        assert (await asyncio.gather(*(begin() for _ in range(8)))).count(True) == 1

    @pytest.mark.parametrize("way", WAYS_OUT)
    async def test_az_06_leaves_an_administrator(self, store: AccessStore, way: str) -> None:
        """AZ-06."""
        last = an_administrator()
        await joined(store, last, *(a_user(**facts) for facts in NO_ADMINISTRATORS.values()))

        assert await tried(store, last, WAYS_OUT[way](last)) == "refused"
        assert await tried(store, last, None) == "refused"
        assert await tried(store, last, last.granted(HELPDESK, now=LATER)) == "done"

    @pytest.mark.parametrize("way", WAYS_OUT)
    async def test_az_06_lets_go_who_is_not_the_last(self, store: AccessStore, way: str) -> None:
        """AZ-06."""
        one, other = an_administrator(), an_administrator()
        await joined(store, one, other)

        assert await tried(store, one, WAYS_OUT[way](one)) == "done"
        assert await tried(store, other, WAYS_OUT[way](other)) == "refused"

    async def test_az_06_is_left_a_way_in_by_a_proved_address(self, store: AccessStore) -> None:
        """AZ-06, RC-12: an account is taken back from a thief by making its password worthless."""
        proved = a_user(roles=frozenset((ADMIN,)), email="a@example.com", email_verified=True)
        await joined(store, proved)

        robbed = proved.without_password(now=LATER)
        assert await tried(store, proved, robbed) == "done"
        assert await tried(store, robbed, robbed.disabled(now=LATER)) == "refused"
        await joined(store, an_administrator())
        assert await tried(store, robbed, robbed.disabled(now=LATER)) == "done"

    async def test_az_06_lets_go_who_could_not_administer(self, store: AccessStore) -> None:
        """AZ-06: nobody is held back for a role that they cannot use."""
        users = [a_user(**facts) for facts in NO_ADMINISTRATORS.values()]
        await joined(store, *users)

        assert [await tried(store, user, None) for user in users] == ["done"] * len(users)

    @pytest.mark.parametrize("way", WAYS_OUT)
    async def test_ra_04_leaves_one_of_two_who_remove_each_other(
        self, store: AccessStore, way: str
    ) -> None:
        """RA-04, AZ-06: at the same instant, whatever the isolation."""
        left: list[User] = []
        for _ in range(6):
            new = [an_administrator() for _ in range(2 - len(left))]
            await joined(store, *new)
            pair = [*left, *new]

            outcomes = await asyncio.gather(
                *(tried(store, user, WAYS_OUT[way](user)) for user in pair)
            )

            left = [user for user, it in zip(pair, outcomes, strict=True) if it != "done"]
            assert left, outcomes
            async with store.begin() as transaction:
                for user in left:
                    assert await transaction.users.find(user.id) == user
