"""What `Users` promises about those who leave, and about finding them by their address."""

import asyncio
from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import timedelta

from hexkey.application.ports.accounts import UserDirectory
from hexkey.application.ports.changes import ChangeLog
from hexkey.application.ports.outbox import OutboxArchive
from hexkey.application.ports.sessions import SessionStore, SessionTransaction
from hexkey.domain.access import ADMIN
from hexkey.domain.accounts.one_time_token import Purpose
from hexkey.domain.accounts.user import User
from hexkey.domain.identifiers import MessageId
from hexkey.domain.outbox import Channel
from tests.contracts import one_time_tokens, session_store
from tests.contracts.account_store import added, kept, replaced
from tests.support.audits import an_event
from tests.support.builders import a_message, a_one_time_token, a_session, a_user
from tests.support.doubles import START

TICK = timedelta(milliseconds=1)


async def with_everything(store: SessionStore, user: User) -> list[MessageId]:
    """Keep `user` and one of each thing that is kept about a user; return the messages."""
    messages = [
        a_message(user=user.id),
        a_message(user=user.id, channel=Channel.WEBHOOK, content={"user": user.id}),
        a_message(user=user.id).done(),
    ]
    if user.email is not None:
        messages.append(a_message(recipient=user.email.value, content={"flow_digest": "f"}))
    async with store.begin() as transaction:
        await transaction.users.add(user)
        await transaction.sessions.add(a_session(user=user))
        await transaction.sessions.add(a_session(user=user, ended_at=START))
        for purpose in (Purpose.RESET_PASSWORD, Purpose.RESTORE_ACCOUNT):
            await transaction.one_time_tokens.put(a_one_time_token(purpose=purpose, user=user))
        for message in messages:
            await transaction.outbox.add(message)
        await transaction.audit.record(an_event(subject=user.id))
        await transaction.commit()
    return [message.id for message in messages]


async def erased(store: SessionStore, user: User) -> bool:
    """Erase, for good."""
    async with store.begin() as transaction:
        done = await transaction.users.erase(user, now=START)
        await transaction.commit()
        return done


class ErasingContract(ABC):
    """Subclass as `TestXxxErasing` and provide the fixtures."""

    @abstractmethod
    def store(self) -> SessionStore: ...

    @abstractmethod
    def directory(self) -> UserDirectory: ...

    @abstractmethod
    def archive(self) -> OutboxArchive: ...

    @abstractmethod
    def log(self) -> ChangeLog: ...

    async def test_finds_by_the_address_of_now(self, store: SessionStore) -> None:
        user = a_user(email="Ann@example.com", roles=frozenset((ADMIN,)))
        moved = a_user(id=user.id, email="new@example.com", version=2)
        await added(store, user, a_user(roles=frozenset((ADMIN,))))
        async with store.begin() as transaction:
            users = transaction.users
            assert await users.find_by_email("ann@example.com") == user
            assert await users.find_by_email("new@example.com") is None
            assert await users.replace(user, moved)
            assert await users.find_by_email("ann@example.com") is None
            assert await users.find_by_email("new@example.com") == moved

    async def test_holds_whom_it_found_by_the_address(self, store: SessionStore) -> None:
        user = a_user(email="ann@example.com")
        moved = a_user(id=user.id, email="new@example.com", version=2)
        await added(store, user)

        async def find() -> User | None:
            async with store.begin() as transaction:
                return await transaction.users.find_by_email("ann@example.com")

        async with store.begin() as transaction:
            assert await transaction.users.find_by_email("ann@example.com") == user
            second = asyncio.create_task(find())
            _, waiting = await asyncio.wait({second}, timeout=0.2)
            await transaction.users.replace(user, moved)
            await transaction.commit()

        assert waiting == {second}
        assert await second is None  # the address is nobody's any more

    async def test_finds_who_is_due_the_longest_due_first(self, store: SessionStore) -> None:
        first, second, third = (a_user(erase_at=START + n * TICK) for n in (-2, -1, 0))
        await added(store, third, first, second, a_user(erase_at=START + TICK), a_user())

        async with store.begin() as transaction:
            find = transaction.users.due_for_erasure
            assert await find(now=START, limit=9) == [first.id, second.id, third.id]
            assert await find(now=START, limit=2) == [first.id, second.id]
            assert await find(now=START - 3 * TICK, limit=9) == []

    async def test_keeps_language_and_date(self, store: SessionStore) -> None:
        user = a_user(language="de-CH", erase_at=START)
        await added(store, user)

        assert await kept(store, user.id) == user

    async def test_erases_all_that_is_kept_about_a_user_and_of_no_other(
        self, store: SessionStore, directory: UserDirectory, archive: OutboxArchive
    ) -> None:
        ann = a_user(email="ann@example.com", email_verified=True, roles=frozenset((ADMIN,)))
        bob = a_user(email="bob@example.com", email_verified=True)
        await added(store, a_user(roles=frozenset((ADMIN,))))  # one is always left
        about_ann, about_bob = [await with_everything(store, it) for it in (ann, bob)]

        assert await erased(store, ann)

        assert await directory.find(ann.id) is None
        assert await directory.find_by_email("ann@example.com") is None
        assert [it for it in about_ann if await archive.find(it)] == []
        assert [it for it in about_bob if await archive.find(it)] == about_bob
        async with store.begin() as transaction:
            assert await self.counted(transaction, ann) == (0, 0)
            assert await self.counted(transaction, bob) == (2, 2)

    async def test_shows_nothing_of_them_in_the_same_transaction(self, store: SessionStore) -> None:
        ann = a_user(email="ann@example.com", erase_at=START)
        await with_everything(store, ann)
        async with store.begin() as transaction:
            assert await transaction.users.erase(ann, now=START)

            assert await transaction.users.find(ann.id) is None
            assert await transaction.users.find_by_email("ann@example.com") is None
            assert await transaction.users.due_for_erasure(now=START, limit=9) == []
            assert await transaction.outbox.about(ann) == []
            assert await self.counted(transaction, ann) == (0, 0)
            assert not await transaction.users.erase(ann, now=START)

        assert await kept(store, ann.id) == ann  # it was not committed

    async def counted(self, transaction: SessionTransaction, user: User) -> tuple[int, int]:
        """How many sessions and tokens of `user` this transaction sees."""
        sessions = await transaction.sessions.of_user(user.id, also_ended=True)
        return len(sessions), len(await transaction.one_time_tokens.of_user(user.id))

    async def test_leaves_what_an_unverified_address_may_only_pretend(
        self, store: SessionStore, archive: OutboxArchive
    ) -> None:
        """What the true owner of an address asked for does not go with an impostor."""
        impostor = a_user(email="ann@example.com")
        *_, asked_by_ann = await with_everything(store, impostor)

        assert await erased(store, impostor)

        assert await archive.find(asked_by_ann) is not None

    async def test_frees_the_names_and_keeps_what_is_said_afterwards(
        self, store: SessionStore, archive: OutboxArchive
    ) -> None:
        ann = a_user(username="ann", email="ann@example.com", email_verified=True)
        heir = a_user(username="ann", email="ann@example.com")
        await with_everything(store, ann)
        farewell = [
            a_message(recipient="ann@example.com", kind="account_erased"),
            a_message(user=ann.id, channel=Channel.WEBHOOK, kind="user.deleted"),
        ]
        async with store.begin() as transaction:
            assert await transaction.users.erase(ann, now=START)
            for message in farewell:
                await transaction.outbox.add(message)
            await transaction.users.add(heir)
            await transaction.commit()

        assert [await archive.find(it.id) for it in farewell] == farewell
        assert await kept(store, heir.id) == heir

    async def test_does_not_erase_on_stale_grounds(
        self, store: SessionStore, archive: OutboxArchive
    ) -> None:
        """Whoever was restored in the last moment stays, with everything."""
        leaving = a_user(erase_at=START)
        messages = await with_everything(store, leaving)
        restored = leaving.restored(now=START)
        assert await replaced(store, leaving, restored)

        assert not await erased(store, leaving)
        assert not await erased(store, a_user())

        assert await kept(store, leaving.id) == restored
        assert [it for it in messages if await archive.find(it)] == messages

    async def test_of_ten_erasings_at_once_one_happens(self, store: SessionStore) -> None:
        await with_everything(store, user := a_user())

        assert sum(await asyncio.gather(*(erased(store, user) for _ in range(10)))) == 1

    async def test_whoever_remembers_the_user_is_told(
        self, store: SessionStore, log: ChangeLog
    ) -> None:
        await with_everything(store, user := a_user())
        before = await log.latest()

        assert await erased(store, user)

        [change] = await log.after(before)
        assert (change.user, change.at) == (user.id, START)

    async def test_a_token_put_beside_an_erasing_is_gone_or_never_was(
        self, store: SessionStore
    ) -> None:
        """As the worker does it: it holds the user for whom it puts a token."""
        await added(store, user := a_user(email="ann@example.com"))
        token = a_one_time_token(user=user)

        async def put() -> None:
            async with store.begin() as transaction:
                if await transaction.users.find_by_email("ann@example.com"):
                    await transaction.one_time_tokens.put(token)
                await transaction.commit()

        await asyncio.gather(put(), erased(store, user), put())

        assert await one_time_tokens.kept(store, token) is None

    async def test_sessions_that_end_beside_an_erasing_are_gone(self, store: SessionStore) -> None:
        user = a_user()
        session = a_session(user=user)
        await session_store.opened(store, user, sessions=[session])

        async def end() -> None:
            async with store.begin() as transaction:
                await transaction.sessions.end(session.id, now=START)
                await transaction.commit()

        await asyncio.gather(end(), erased(store, replace(user)), end())

        assert await session_store.kept(store, session) is None
