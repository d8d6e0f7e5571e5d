"""Who is let in, and what happens while a password is being hashed."""

from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from hexkey.domain.accounts.password import Password, scheme_of
from hexkey.domain.accounts.user import User
from hexkey.domain.authentication.credentials import InvalidCredentials
from tests.support.builders import a_user
from tests.support.deployments import PASSWORD, MemoryDeployment
from tests.support.doubles import OLDER, TODAYS

pytestmark = pytest.mark.anyio

NEW_PASSWORD = "battery staple"


async def older(deployment: MemoryDeployment, name: str = "older") -> User:
    """A user whose hash is older than today's."""
    hashed = deployment.hasher.hash_under(OLDER, Password(PASSWORD))
    user = a_user(username=deployment.usernames.parse(name), password=hashed)
    await deployment.keep(user)
    return user


class TestAuthenticate:
    @pytest.mark.parametrize(
        "login", ["alice", "ALICE", "\uff41lice", "a@example.com", "A@EXAMPLE.COM"]
    )
    async def test_knows_users_by_name_and_by_address(
        self, deployment: MemoryDeployment, login: str
    ) -> None:
        """D6: both, in any case."""
        user = await deployment.register(username="alice", email="A@example.com", password=PASSWORD)

        assert await deployment.authenticate(login=login, password=PASSWORD) == user

    async def test_returns_the_user_as_stored_after_the_hashing(
        self, deployment: MemoryDeployment
    ) -> None:
        user = await deployment.somebody("alice")
        deployment.hasher.meanwhile = lambda: deployment.update_profile(
            user=user.id, full_name="Alice"
        )

        found = await deployment.authenticate(login="alice", password=PASSWORD)

        assert found.profile.full_name == "Alice"

    @pytest.mark.parametrize("name", ["alice", "older"])
    async def test_ra_05_refuses_a_password_that_was_changed_meanwhile(
        self, deployment: MemoryDeployment, name: str
    ) -> None:
        """RA-05: after the change was acknowledged the older password yields nothing."""
        user = await (older(deployment) if name == "older" else deployment.somebody(name))
        deployment.hasher.meanwhile = lambda: deployment.set_password(
            user=user.id, new_password=NEW_PASSWORD
        )

        with pytest.raises(InvalidCredentials):
            await deployment.authenticate(login=name, password=PASSWORD)
        await deployment.authenticate(login=name, password=NEW_PASSWORD)

    @pytest.mark.parametrize("name", ["alice", "older"])
    async def test_ra_05_refuses_a_user_who_was_disabled_meanwhile(
        self, deployment: MemoryDeployment, name: str
    ) -> None:
        user = await (older(deployment) if name == "older" else deployment.somebody(name))
        deployment.hasher.meanwhile = lambda: deployment.disable(user=user.id)

        with pytest.raises(InvalidCredentials):
            await deployment.authenticate(login=name, password=PASSWORD)


class TestRehashing:
    async def test_pw_10_replaces_an_older_hash_at_sign_in(
        self, deployment: MemoryDeployment
    ) -> None:
        user = await older(deployment)

        returned = await deployment.authenticate(login="older", password=PASSWORD)

        stored = await deployment.stored(user.id)
        assert returned == stored
        assert stored.password is not None
        assert scheme_of(stored.password) == TODAYS
        assert stored.credential_version == user.credential_version
        assert stored.updated_at == user.updated_at
        await deployment.authenticate(login="older", password=PASSWORD)
        assert deployment.hasher.hashed == 1

    async def test_pw_10_leaves_todays_hashes_alone(self, deployment: MemoryDeployment) -> None:
        user = await deployment.somebody("alice")

        await deployment.authenticate(login="alice", password=PASSWORD)

        assert await deployment.stored(user.id) == user

    async def test_pw_10_replaces_nothing_after_a_wrong_password(
        self, deployment: MemoryDeployment
    ) -> None:
        user = await older(deployment)

        with pytest.raises(InvalidCredentials):
            await deployment.authenticate(login="older", password="a wrong one")

        assert await deployment.stored(user.id) == user

    async def test_pw_10_hashes_the_password_as_it_was_compared(
        self, deployment: MemoryDeployment
    ) -> None:
        hashed = deployment.hasher.hash_under(OLDER, Password("caf\u00e9 noir"))
        await deployment.keep(a_user(username=deployment.usernames.parse("older"), password=hashed))

        for _ in range(2):
            await deployment.authenticate(login="older", password="cafe\u0301 noir")

    async def test_pw_10_a_password_change_survives_100_of_100_races_with_a_rehash(
        self, deployment: MemoryDeployment
    ) -> None:
        """PW-10: the change comes between the comparison and the storing of the new hash."""
        for number in range(100):
            user = await older(deployment, f"older{number}")
            change = partial(deployment.set_password, user=user.id, new_password=NEW_PASSWORD)
            deployment.hasher.meanwhile = _at_the_rehash(deployment, change)

            with pytest.raises(InvalidCredentials):
                await deployment.authenticate(login=f"older{number}", password=PASSWORD)

            await deployment.authenticate(login=f"older{number}", password=NEW_PASSWORD)
            assert (await deployment.stored(user.id)).credential_version == 2

    async def test_pw_10_a_profile_change_survives_a_rehash_and_the_sign_in_succeeds(
        self, deployment: MemoryDeployment
    ) -> None:
        user = await older(deployment)
        deployment.hasher.meanwhile = _at_the_rehash(
            deployment, lambda: deployment.update_profile(user=user.id, full_name="Alice")
        )

        returned = await deployment.authenticate(login="older", password=PASSWORD)

        assert returned.profile.full_name == "Alice"
        assert returned == await deployment.stored(user.id)

    @pytest.mark.parametrize("fault", ["queue", "commit"])
    async def test_pw_10_a_rehash_that_fails_does_not_spoil_the_sign_in(
        self, deployment: MemoryDeployment, fault: str
    ) -> None:
        """It is a courtesy; the next sign-in can do it."""
        user = await older(deployment)
        if fault == "queue":
            deployment.hasher.room = 1
        deployment.stores.store.writable = fault != "commit"

        assert await deployment.authenticate(login="older", password=PASSWORD) == user
        assert await deployment.stored(user.id) == user


def _at_the_rehash(
    deployment: MemoryDeployment, deed: Callable[[], Awaitable[object]]
) -> Callable[[], Awaitable[object]]:
    """`deed`, put off from the comparison to the hashing that follows it."""

    async def put_off() -> None:
        deployment.hasher.meanwhile = deed

    return put_off
