"""What `AccountStore`, its transaction and its `Users` promise."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hexkey.application.ports.accounts import AccountStore, UserDirectory
from hexkey.domain.access import ADMIN, Role
from hexkey.domain.accounts.email import EmailAddress
from hexkey.domain.accounts.profile import Profile
from hexkey.domain.accounts.user import Disabled, EmailTaken, User, UsernameTaken
from hexkey.domain.accounts.username import Username
from hexkey.domain.identifiers import UserId
from tests.support.builders import ARGON2_HASH, a_user, a_username, an_id
from tests.support.doubles import START

LATER = START + timedelta(milliseconds=1)

EVERY_SHAPE = [
    a_user(username="Name-Only"),
    a_user(username=None, email="Address@Only.example"),
    a_user(username="both", email="both@example.com", email_verified=True),
    a_user(password=None),
    a_user(password=ARGON2_HASH, credential_version=7, version=12),
    a_user(status=Disabled(LATER)),
    a_user(roles=frozenset((ADMIN, Role("editor"), Role("auditor")))),
    a_user(profile=Profile(full_name="Zoë 🔑 % _ ' \" \\ İ", picture="https://a.example/?x=%00")),
    a_user(profile=Profile(full_name="x" * 200, picture="https://a.example/" + "p" * 2030)),
    a_user(username="é" * 63),
]


async def added(store: AccountStore, *users: User) -> None:
    """Keep `users`, for good."""
    async with store.begin() as transaction:
        for user in users:
            await transaction.users.add(user)
        await transaction.commit()


async def replaced(store: AccountStore, old: User, new: User) -> bool:
    """Replace, for good."""
    async with store.begin() as transaction:
        done = await transaction.users.replace(old, new)
        await transaction.commit()
        return done


async def kept(store: AccountStore, id: UserId) -> User | None:
    """What a new transaction finds."""
    async with store.begin() as transaction:
        return await transaction.users.find(id)


class AccountStoreContract(ABC):
    """Subclass as `TestXxxAccountStore` and provide the fixtures `store` and `directory`."""

    @abstractmethod
    def store(self) -> AccountStore: ...

    @abstractmethod
    def directory(self) -> UserDirectory:
        """Looks up what `store` has committed."""

    @pytest.mark.parametrize("user", EVERY_SHAPE, ids=lambda user: f"{user.id[-3:]}")
    async def test_gives_back_exactly_what_was_added(self, store: AccountStore, user: User) -> None:
        await added(store, user)

        assert await kept(store, user.id) == user

    @pytest.mark.parametrize("user", EVERY_SHAPE, ids=lambda user: f"{user.id[-3:]}")
    async def test_gives_back_exactly_what_replaced_another(
        self, store: AccountStore, user: User
    ) -> None:
        before = a_user(id=user.id, roles=frozenset((ADMIN, Role("gone"))), email="old@a.example")
        await added(store, before, a_user(roles=frozenset((ADMIN,))))  # one is always left

        assert await replaced(store, before, user)

        assert await kept(store, user.id) == user

    async def test_finds_nobody_under_an_unknown_id(self, store: AccountStore) -> None:
        assert await kept(store, UserId(an_id())) is None

    async def test_forgets_an_addition_that_was_not_committed(self, store: AccountStore) -> None:
        user = a_user(roles=frozenset((ADMIN,)))
        async with store.begin() as transaction:
            await transaction.users.add(user)

        assert await kept(store, user.id) is None

    async def test_forgets_a_replacement_that_was_not_committed(self, store: AccountStore) -> None:
        user = a_user()
        await added(store, user)
        async with store.begin() as transaction:
            await transaction.users.replace(user, user.granted(ADMIN, now=LATER))

        assert await kept(store, user.id) == user

    async def test_forgets_everything_when_an_error_leaves_the_block(
        self, store: AccountStore
    ) -> None:
        user = a_user()

        async def fail() -> None:
            async with store.begin() as transaction:
                await transaction.users.add(user)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
        assert await kept(store, user.id) is None
        await added(store, user)  # and its names are free

    async def test_shows_its_own_changes_inside_and_to_nobody_outside(
        self, store: AccountStore, directory: UserDirectory
    ) -> None:
        old, new = a_user(), a_user()
        await added(store, old)
        changed = old.granted(ADMIN, now=LATER)
        async with store.begin() as transaction:
            await transaction.users.add(new)
            await transaction.users.replace(old, changed)

            assert await transaction.users.find(new.id) == new
            assert await transaction.users.find(old.id) == changed
            assert await directory.find(new.id) is None
            assert await directory.find(old.id) == old
            await transaction.commit()

        assert await directory.find(new.id) == new
        assert await directory.find(old.id) == changed

    @pytest.mark.parametrize(
        ("first", "second", "refusal"),
        [
            (
                {"username": Username("Ann", "ann", "s1")},
                {"username": Username("aNN", "ann", "s2")},
                UsernameTaken,
            ),
            (
                {"username": Username("paypal", "paypal", "paypa1")},
                {"username": Username("paypa1", "paypa1", "paypa1")},
                UsernameTaken,
            ),
            (
                {"email": EmailAddress("Ann@Example.com", "ann@example.com")},
                {"email": EmailAddress("ann@example.com", "ann@example.com")},
                EmailTaken,
            ),
        ],
        ids=["key", "skeleton", "email"],
    )
    @pytest.mark.parametrize("way", ["add", "replace", "same transaction"])
    async def test_refuses_a_name_that_is_taken(
        self,
        store: AccountStore,
        way: str,
        first: dict[str, Any],
        second: dict[str, Any],
        refusal: type[Exception],
    ) -> None:
        holder, loser = _named(first), _named(second)
        before = a_user(id=loser.id)
        await added(store, *([] if way == "same transaction" else [holder]))
        await added(store, *([before] if way == "replace" else []))

        deed = (
            replaced(store, before, loser)
            if way == "replace"
            else added(store, *([holder] if way == "same transaction" else []), loser)
        )
        with pytest.raises(refusal):
            await deed

        assert await kept(store, loser.id) == (before if way == "replace" else None)

    async def test_names_that_only_look_at_each_other_are_two(self, store: AccountStore) -> None:
        """X15, ID-07: what differs by one code point is different, on every store alike."""
        names = ["a.b", "ab", "a_b", "a%b", "straße", "strasse", "ǆ", "e\u0301", "\u00e9"]

        await added(store, *(a_user(username=name) for name in names))

    async def test_many_users_may_lack_the_same_name(self, store: AccountStore) -> None:
        await added(store, a_user(), a_user())
        await added(
            store, a_user(username=None, email="1@a.b"), a_user(username=None, email="2@a.b")
        )

    async def test_a_user_may_keep_the_own_names_and_somebody_else_takes_old_ones(
        self, store: AccountStore
    ) -> None:
        ann = a_user(username="ann", email="ann@example.com")
        await added(store, ann)
        renamed = ann.with_profile(username=a_username("anna"), profile=ann.profile, now=LATER)
        assert await replaced(store, ann, renamed)

        await added(store, a_user(username="ann"))

        with pytest.raises(UsernameTaken):
            await added(store, a_user(username="anna"))

    async def test_names_change_hands_within_one_transaction(self, store: AccountStore) -> None:
        ann, bob = a_user(username="ann"), a_user(username="bob")
        await added(store, bob, ann)
        anna = ann.with_profile(username=a_username("anna"), profile=ann.profile, now=LATER)
        bobby = bob.with_profile(username=bob.username, profile=Profile("B"), now=LATER)
        now_ann = bobby.with_profile(username=a_username("ann"), profile=Profile("B"), now=LATER)
        async with store.begin() as transaction:
            assert await transaction.users.replace(bob, bobby)
            assert await transaction.users.replace(ann, anna)
            assert await transaction.users.replace(bobby, now_ann)
            await transaction.commit()

        with pytest.raises(UsernameTaken):
            await added(store, a_user(username="ann"))

    async def test_does_not_replace_on_stale_grounds(self, store: AccountStore) -> None:
        """PW-10: a rehash that was computed meanwhile does not undo a password change."""
        user = a_user(roles=frozenset((ADMIN,)))
        await added(store, user)
        newer = user.with_password(ARGON2_HASH, now=LATER)
        assert await replaced(store, user, newer)

        stale = user.granted(Role("late"), now=LATER)

        assert not await replaced(store, user, stale)
        assert await kept(store, user.id) == newer

    async def test_does_not_replace_who_is_not_there(self, store: AccountStore) -> None:
        user = a_user()

        assert not await replaced(store, user, user.granted(ADMIN, now=LATER))
        assert await kept(store, user.id) is None

    async def test_holds_whom_it_found_until_it_ends(self, store: AccountStore) -> None:
        user = a_user(roles=frozenset((Role("gone"),)))
        await added(store, user)
        changed = replace(user, roles=frozenset((ADMIN,)), version=2)
        async with store.begin() as transaction:
            await transaction.users.find(user.id)
            second = asyncio.create_task(kept(store, user.id))
            _, waiting = await asyncio.wait({second}, timeout=0.2)
            await transaction.users.replace(user, changed)
            await transaction.commit()

        assert waiting == {second}
        assert await second == changed  # all of it: the roles are as new as the rest

    async def test_no_update_is_lost_when_many_read_and_then_write(
        self, store: AccountStore
    ) -> None:
        user = a_user()
        await added(store, user)
        roles = [Role(f"role-{number}") for number in range(20)]

        async def grant(role: Role) -> None:
            async with store.begin() as transaction:
                current = await transaction.users.find(user.id)
                assert current is not None
                assert await transaction.users.replace(current, current.granted(role, now=LATER))
                await transaction.commit()

        await asyncio.gather(*map(grant, roles))

        last = await kept(store, user.id)
        assert last is not None
        assert (last.roles, last.version) == (frozenset(roles), 21)

    @pytest.mark.parametrize("field", ["username", "email"])
    async def test_ra_01_of_fifty_equal_registrations_one_succeeds(
        self, store: AccountStore, directory: UserDirectory, field: str
    ) -> None:
        """RA-01, ID-05: one account, 49 ordinary refusals, no other error."""
        names = [_case("Mallory", number) for number in range(50)]
        if field == "username":
            users = [a_user(username=name) for name in names]
        else:
            users = [a_user(username=None, email=f"{name}@Example.com") for name in names]

        outcomes: Sequence[BaseException | None] = await asyncio.gather(
            *(added(store, user) for user in users), return_exceptions=True
        )

        refusal = UsernameTaken if field == "username" else EmailTaken
        assert [type(outcome) for outcome in outcomes if outcome] == [refusal] * 49
        assert len((await directory.page(after=None, limit=100)).users) == 1


def _named(name: dict[str, Any]) -> User:
    return a_user(username=None, **name) if "email" in name else a_user(**name)


def _case(name: str, number: int) -> str:
    return "".join(c.upper() if number >> i & 1 else c.lower() for i, c in enumerate(name))
