"""Publishing what resource servers must refuse."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from hexkey.adapters.crypto.revocation_lists import (
    JwsRevocationListReader,
    JwsRevocationListSigner,
)
from hexkey.adapters.memory.directories import MemorySignedInDirectory
from hexkey.adapters.memory.revocations import MemoryRevocations
from hexkey.adapters.memory.signed_in import RememberedSignedIn
from hexkey.adapters.memory.store import MemoryStore
from hexkey.application.sessions import revocations as publishing
from hexkey.application.sessions.revocations import (
    MOST_OF_ONE_NETWORK,
    PublishedRevocations,
    PublishRevocations,
    Reader,
    RevocationNews,
)
from hexkey.domain.accounts.user import Disabled, User
from hexkey.domain.keys import SigningAlgorithm
from hexkey.domain.sessions.access_token import CLOCK_SKEW
from hexkey.domain.sessions.revocation_list import RevocationList
from hexkey.domain.sessions.session import Session
from tests.contracts.session_store import opened
from tests.support.builders import a_session, a_user
from tests.support.doubles import START, FrozenClock
from tests.support.issuing import ISSUER, Issuing, an_issuing

pytestmark = pytest.mark.anyio

SECOND = timedelta(seconds=1)
Read = Callable[[], Awaitable[RevocationList]]
LIFETIME = 900 * SECOND


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def issuing() -> Issuing:
    return an_issuing(SigningAlgorithm.ES256)


@pytest.fixture
def publish(store: MemoryStore, clock: FrozenClock, issuing: Issuing) -> PublishRevocations:
    memory = RememberedSignedIn(MemorySignedInDirectory(store), clock=clock)
    return PublishRevocations(
        revocations=MemoryRevocations(store),
        signer=JwsRevocationListSigner(issuing.ring),
        news=RevocationNews(memory),
        clock=clock,
        issuer=ISSUER,
        lifetime=LIFETIME,
    )


async def ended(store: MemoryStore, *ages: timedelta) -> list[Session]:
    """Sessions of one user that were ended so long ago."""
    user = a_user()
    sessions = [a_session(user=user, ended_at=START - age) for age in ages]
    await opened(store, user, sessions=[*sessions, a_session(user=user)])
    return sessions


async def disabled(store: MemoryStore, *ages: timedelta) -> list[User]:
    users = [a_user(status=Disabled(START - age)) for age in ages]
    await opened(store, *users, sessions=[])
    return users


class TestPublishRevocations:
    @pytest.fixture
    def read(self, publish: PublishRevocations, issuing: Issuing) -> Read:
        async def read() -> RevocationList:
            reader = JwsRevocationListReader(issuing.ring, issuer=ISSUER)
            return reader.read((await publish()).text).revoked

        return read

    async def test_lists_what_was_ended_and_who_is_disabled(
        self, store: MemoryStore, read: Read
    ) -> None:
        (session,) = await ended(store, 5.25 * SECOND)
        (user,) = await disabled(store, 60 * SECOND)

        assert await read() == RevocationList(
            sessions={session.id: START - 6 * SECOND},
            users={user.id: START - 60 * SECOND + CLOCK_SKEW},
        )

    async def test_lists_only_what_still_matters(self, store: MemoryStore, read: Read) -> None:
        edge = LIFETIME + 2 * CLOCK_SKEW
        sessions = await ended(store, edge, edge + SECOND / 1000)
        users = await disabled(store, edge, edge + SECOND / 1000)

        revoked = await read()

        assert list(revoked.sessions) == [sessions[0].id]
        assert list(revoked.users) == [users[0].id]

    async def test_reads_long_lists_in_parts(
        self, store: MemoryStore, read: Read, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(publishing, "PAGE", 3)
        sessions = await ended(store, *(SECOND * (n // 2) for n in range(9)))

        assert set((await read()).sessions) == {it.id for it in sessions}

    async def test_refuses_everybody_for_what_it_leaves_out(
        self, store: MemoryStore, read: Read, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(publishing, "MOST_LISTED", 2)
        sessions = await ended(store, 1 * SECOND, 2 * SECOND, 300 * SECOND, 400 * SECOND)

        assert await read() == RevocationList(
            sessions={it.id: it.ended_at for it in sessions[:2] if it.ended_at},
            not_before=START - 300 * SECOND + CLOCK_SKEW,
        )

    async def test_keeps_the_tag_while_the_content_is_the_same(
        self, store: MemoryStore, publish: PublishRevocations, clock: FrozenClock
    ) -> None:
        await ended(store, SECOND)
        first = await publish()
        clock.advance(seconds=10)
        second = await publish()

        assert (first.tag == second.tag, first.text == second.text) == (True, False)

    async def test_asks_the_store_once_a_second_if_nothing_happens(
        self, store: MemoryStore, publish: PublishRevocations, clock: FrozenClock
    ) -> None:
        first = await publish()
        (session,) = await ended(store, SECOND)
        assert await publish() is first

        publish.news.forget(session.user)
        assert (await publish()).tag != first.tag

        second = await publish()
        clock.advance(seconds=1)
        assert await publish() is not second


class TestReader:
    async def test_is_answered_as_soon_as_something_changes(
        self, store: MemoryStore, publish: PublishRevocations
    ) -> None:
        known = (await publish()).tag
        waiting = [asyncio.create_task(publish(known=[known], wait=30 * SECOND)) for _ in range(3)]
        await all_wait(publish, 3)
        (session,) = await ended(store, SECOND)
        publish.news.forget(session.user)

        answers = await asyncio.wait_for(asyncio.gather(*waiting), 1)

        assert {it.tag for it in answers} == {(await publish()).tag} != {known}
        assert publish.news.readers == set()

    async def test_waits_on_when_the_change_is_no_news(
        self, store: MemoryStore, publish: PublishRevocations
    ) -> None:
        known = (await publish()).tag
        reader = Reader()
        waiting = asyncio.create_task(publish(known=[known], wait=30 * SECOND, reader=reader))
        await all_wait(publish, 1)
        publish.news.forget(a_user().id)
        done, _ = await asyncio.wait([waiting], timeout=0.05)
        assert done == set()

        reader.leave()

        assert (await asyncio.wait_for(waiting, 1)).tag == known

    async def test_does_not_wait_when_too_many_do(
        self, publish: PublishRevocations, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(publishing, "MOST_READERS", 1)
        known = (await publish()).tag
        first = asyncio.create_task(publish(known=[known], wait=30 * SECOND))
        await all_wait(publish, 1)

        assert (await asyncio.wait_for(publish(known=[known], wait=30 * SECOND), 1)).tag == known
        first.cancel()

    async def test_does_not_wait_when_too_many_of_the_same_network_do(
        self, publish: PublishRevocations
    ) -> None:
        """Anybody may ask; nobody can keep all others from waiting."""
        known, network = (await publish()).tag, "198.51.100.7"

        def asks(network: str) -> asyncio.Task[PublishedRevocations]:
            question = publish(known=[known], wait=30 * SECOND, reader=Reader(network))
            return asyncio.create_task(question)

        waiting = [asks(network) for _ in range(MOST_OF_ONE_NETWORK)]
        await all_wait(publish, MOST_OF_ONE_NETWORK)
        assert (await asyncio.wait_for(asks(network), 1)).tag == known

        neighbor = asks("198.51.100.8")
        await all_wait(publish, MOST_OF_ONE_NETWORK + 1)
        waiting.pop().cancel()
        await all_wait(publish, MOST_OF_ONE_NETWORK)
        successor = asks(network)
        await all_wait(publish, MOST_OF_ONE_NETWORK + 1)

        for each in (*waiting, neighbor, successor):
            each.cancel()


async def all_wait(publish: PublishRevocations, count: int) -> None:
    for _ in range(10 * count):
        await asyncio.sleep(0)  # lets each of them run up to where it waits
    assert len(publish.news.readers) == count
