"""What `UserDirectory` promises."""

from abc import ABC, abstractmethod
from datetime import timedelta

import pytest

from hexkey.application.ports.accounts import AccountStore, UserDirectory
from hexkey.domain.access import ADMIN, Role
from hexkey.domain.accounts.password import PasswordHash, scheme_of
from hexkey.domain.accounts.user import User
from hexkey.domain.identifiers import UserId
from tests.contracts.account_store import added, replaced
from tests.support.builders import ARGON2_HASH, BCRYPT_HASH, a_user, an_id
from tests.support.doubles import START

LATER = START + timedelta(milliseconds=1)


class UserDirectoryContract(ABC):
    """Subclass as `TestXxxUserDirectory` and provide the fixtures `directory` and `store`."""

    @abstractmethod
    def directory(self) -> UserDirectory: ...

    @abstractmethod
    def store(self) -> AccountStore:
        """Where the users of `directory` are kept."""

    async def test_finds_by_id_by_name_and_by_address(
        self, directory: UserDirectory, store: AccountStore
    ) -> None:
        user = a_user(username="Ann", email="Ann@Example.com", roles=frozenset((ADMIN, Role("x"))))
        await added(store, user, a_user(username="bob"))

        assert await directory.find(user.id) == user
        assert await directory.find_by_username("ann") == user
        assert await directory.find_by_email("ann@example.com") == user

    async def test_finds_nobody_under_what_is_not_a_key(
        self, directory: UserDirectory, store: AccountStore
    ) -> None:
        """ID-09, X15: no wildcards and no case folding here, whatever the database does."""
        await added(store, a_user(username="ann", email="ann@example.com"))

        assert await directory.find(UserId(an_id())) is None
        for text in ("Ann", "an_", "a%", "ann ", "", "ann@example.com", "~ann"):
            assert await directory.find_by_username(text) is None
        for text in ("Ann@example.com", "ann@example.co_", "%", "", "ann"):
            assert await directory.find_by_email(text) is None

    async def test_knows_users_as_last_committed(
        self, directory: UserDirectory, store: AccountStore
    ) -> None:
        user = a_user(username="ann")
        await added(store, user)
        changed = user.disabled(now=LATER).granted(ADMIN, now=LATER)
        async with store.begin() as transaction:
            await transaction.users.replace(user, changed)

            assert await directory.find_by_username("ann") == user
            await transaction.commit()

        assert await directory.find_by_username("ann") == changed

    async def test_an_empty_list_is_one_page(self, directory: UserDirectory) -> None:
        page = await directory.page(after=None, limit=3)

        assert (list(page.users), page.next) == ([], None)

    @pytest.mark.parametrize(("count", "limit"), [(1, 1), (3, 3), (4, 3), (7, 3), (6, 3), (3, 100)])
    async def test_pages_hold_everybody_once_oldest_first(
        self, directory: UserDirectory, store: AccountStore, count: int, limit: int
    ) -> None:
        users = [a_user(roles=frozenset((ADMIN, Role("b"), Role("c")))) for _ in range(count)]
        await added(store, *reversed(users))

        pages = await _pages(directory, limit)

        assert [user for page in pages for user in page] == users
        assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
        assert 1 <= len(pages[-1]) <= limit

    async def test_who_was_there_before_is_not_missed_when_others_come(
        self, directory: UserDirectory, store: AccountStore
    ) -> None:
        users = [a_user() for _ in range(4)]
        await added(store, *users)
        first = await directory.page(after=None, limit=2)
        await added(store, a_user(id=UserId(users[0].id[:-1] + "~")), a_user())

        second = await directory.page(after=first.next, limit=10)

        assert list(first.users) + [u for u in second.users if u in users] == users

    async def test_a_position_need_not_be_of_somebody_who_exists(
        self, directory: UserDirectory, store: AccountStore
    ) -> None:
        before, gone, after = a_user(), an_id(), a_user()
        await added(store, before, after)

        page = await directory.page(after=UserId(gone), limit=5)

        assert list(page.users) == [after]

    async def test_knows_the_scheme_of_every_stored_hash(
        self, directory: UserDirectory, store: AccountStore
    ) -> None:
        assert await directory.password_schemes() == frozenset()

        imported = PasswordHash("$2b$10$" + "x" * 53)
        users = [a_user(password=hashed) for hashed in (BCRYPT_HASH, ARGON2_HASH, imported, None)]
        await added(store, *users, *(a_user() for _ in range(3)))
        schemes = {scheme_of(BCRYPT_HASH), scheme_of(ARGON2_HASH), scheme_of(imported)}

        assert await directory.password_schemes() == schemes

        await replaced(store, users[2], users[2].with_password(BCRYPT_HASH, now=LATER))

        assert await directory.password_schemes() == schemes - {scheme_of(imported)}


async def _pages(directory: UserDirectory, limit: int) -> list[list[User]]:
    page = await directory.page(after=None, limit=limit)
    pages = [list(page.users)]
    while page.next is not None:
        page = await directory.page(after=page.next, limit=limit)
        pages.append(list(page.users))
    return pages
