import pytest

from hexkey.domain.identifiers import UserId
from hexkey.domain.paging import InvalidCursor
from tests.support.deployments import MemoryDeployment

pytestmark = pytest.mark.anyio


class TestListUsers:
    async def test_az_10_reads_everybody_once_page_by_page(
        self, deployment: MemoryDeployment
    ) -> None:
        registered = [await deployment.somebody(f"user{number}") for number in range(5)]
        seen: list[UserId] = []
        cursor = None
        for size in (2, 2, 1):
            page = await deployment.list_users(cursor=cursor, limit=2)
            assert len(page.users) == size
            seen += [user.id for user in page.users]
            cursor = page.next_cursor

        assert cursor is None
        assert seen == [user.id for user in registered]

    async def test_has_one_page_when_everybody_fits(self, deployment: MemoryDeployment) -> None:
        await deployment.somebody()

        page = await deployment.list_users(cursor=None, limit=1)

        assert len(page.users) == 1
        assert page.next_cursor is None

    async def test_az_10_takes_no_cursor_but_its_own(self, deployment: MemoryDeployment) -> None:
        """AZ-10: neither an invented one, nor a plain id, nor another list's."""
        user = await deployment.somebody()
        foreign = deployment.cursors.seal(user.id, listing="sessions")

        for cursor in (user.id, "x", foreign, "' OR 1=1"):
            with pytest.raises(InvalidCursor):
                await deployment.list_users(cursor=cursor, limit=1)
