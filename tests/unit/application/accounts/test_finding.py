import pytest

from hexkey.application.accounts.finding import FindUser
from hexkey.domain.accounts.user import UserNotFound
from tests.support.builders import a_user, an_id
from tests.support.deployments import PASSWORD, MemoryDeployment

pytestmark = pytest.mark.anyio


@pytest.fixture
def find(deployment: MemoryDeployment) -> FindUser:
    return FindUser(
        users=deployment.stores.users, usernames=deployment.usernames, emails=deployment.emails
    )


class TestFindUser:
    async def test_finds_by_whatever_is_at_hand(
        self, deployment: MemoryDeployment, find: FindUser
    ) -> None:
        alice = await deployment.register(
            username="alice", email="a@example.com", password=PASSWORD
        )

        for reference in (alice.id, "alice", "ALICE", "a@example.com", "A@EXAMPLE.com"):
            assert await find(reference=reference) == alice

    async def test_finds_the_disabled_too(
        self, deployment: MemoryDeployment, find: FindUser
    ) -> None:
        alice = await deployment.somebody("alice")
        disabled = await deployment.disable(user=alice.id)

        assert await find(reference="alice") == disabled

    async def test_finds_by_a_name_that_looks_like_an_id(
        self, deployment: MemoryDeployment, find: FindUser
    ) -> None:
        name = deployment.usernames.parse(an_id())
        named = a_user(username=name)
        await deployment.keep(named)

        assert await find(reference=name.value) == named

    @pytest.mark.parametrize("reference", ["", "bob", "b@example.com", "@", "a b", "\0"])
    async def test_does_not_find_who_is_not_there(self, find: FindUser, reference: str) -> None:
        with pytest.raises(UserNotFound):
            await find(reference=reference)
        with pytest.raises(UserNotFound):
            await find(reference=an_id())
