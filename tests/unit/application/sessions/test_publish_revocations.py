"""Publishing what resource servers must refuse."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
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
from hexkey.application.ports.sessions import SessionMemory
from hexkey.application.sessions import revocations as publishing
from hexkey.application.sessions.revocations import (
    MOST_OF_ONE_NETWORK,
    PublishedRevocations,
    PublishRevocations,
    Reader,
    RevocationNews,
)
from hexkey.domain.accounts.user import Disabled, User
from hexkey.domain.identifiers import UserId
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

    @pytest.mark.parametrize(("seconds", "again"), [(0.999, False), (1.0, True)])
    async def test_shows_a_copy_for_less_than_a_second(
        self, publish: PublishRevocations, clock: FrozenClock, seconds: float, again: bool
    ) -> None:
        first = await publish()
        clock.advance(seconds=seconds)

        assert (await publish() is not first) is again

    @pytest.mark.parametrize("there", range(8))
    @pytest.mark.parametrize("most", [1, 3, 6])
    async def test_lists_the_latest_whatever_their_number_is_to_a_page(
        self,
        store: MemoryStore,
        read: Read,
        monkeypatch: pytest.MonkeyPatch,
        there: int,
        most: int,
    ) -> None:
        """Sessions and users alike; what is left out bounds everybody."""
        monkeypatch.setattr(publishing, "PAGE", 3)
        monkeypatch.setattr(publishing, "MOST_LISTED", most)
        ages = [SECOND * number for number in range(there)]
        users = await disabled(store, *ages)

        revoked = await read()

        assert set(revoked.users) == {it.id for it in users[:most]}
        bound = START - most * SECOND + CLOCK_SKEW if there > most else None
        assert revoked.not_before == bound

    async def test_shows_what_it_signed_and_not_its_text_by_accident(
        self, publish: PublishRevocations
    ) -> None:
        published = await publish()

        assert published.text not in repr(published)
        assert published.tag in repr(published)


class TestReader:
    async def test_is_answered_at_once_with_another_list_than_is_known(
        self, publish: PublishRevocations
    ) -> None:
        for known in ((), ("another", "and another")):
            answer = publish(known=known, wait=30 * SECOND)
            assert (await asyncio.wait_for(answer, 1)).tag == (await publish()).tag

    async def test_is_answered_at_once_if_they_do_not_want_to_wait(
        self, publish: PublishRevocations
    ) -> None:
        known = (await publish()).tag

        assert (await asyncio.wait_for(publish(known=[known]), 1)).tag == known

    async def test_is_answered_when_their_time_is_over(
        self, publish: PublishRevocations, clock: FrozenClock
    ) -> None:
        known, reader = (await publish()).tag, Reader()
        waiting = asyncio.create_task(publish(known=[known], wait=2 * SECOND, reader=reader))
        await all_wait(publish, 1)
        for seconds, over in ((1.999, False), (0.001, True)):
            clock.advance(seconds=seconds)
            reader.wake()
            done, _ = await asyncio.wait([waiting], timeout=0.02)
            assert bool(done) is over

        assert waiting.result().tag == known

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


class Notebook(SessionMemory):
    """Writes down what it is told, and whether anybody heard of it before."""

    def __init__(self) -> None:
        self.news: RevocationNews | None = None
        self.told: list[tuple[object, ...]] = []

    @property
    def vouches(self) -> bool:
        return False

    def forget(self, user: UserId) -> None:
        assert self.news is not None
        self.told.append((user, self.news.count))

    def vouch(self, *, since: float, until: float) -> None:
        self.told.append((since, until))


class TestRevocationNews:
    @pytest.fixture
    def notebook(self) -> Notebook:
        return Notebook()

    @pytest.fixture
    def news(self, notebook: Notebook) -> RevocationNews:
        notebook.news = RevocationNews(notebook)
        return notebook.news

    def test_se_03_are_passed_on_before_they_are_counted(
        self, news: RevocationNews, notebook: Notebook
    ) -> None:
        """SE-03: nobody hears of it before this process itself refuses."""
        news.forget(UserId("ann"))
        news.vouch(since=1.5, until=2.5)
        news.forget(UserId("bob"))

        assert notebook.told == [("ann", 0), (1.5, 2.5), ("bob", 1)]
        assert news.count == 2

    @pytest.mark.parametrize("network", ["", "192.0.2.1"])
    def test_have_room_for_twenty_of_one_network(self, news: RevocationNews, network: str) -> None:
        with ExitStack() as waiting:
            for _ in range(20):
                assert news.has_room_for(Reader(network))
                waiting.enter_context(news.waking(Reader(network)))
            assert not news.has_room_for(Reader(network))
            assert news.has_room_for(Reader("another"))

        assert news.has_room_for(Reader(network))
        assert (news.readers, dict(news._of_network)) == (set(), {})

    def test_have_room_for_a_thousand(self, news: RevocationNews) -> None:
        with ExitStack() as waiting:
            for number in range(1000):
                reader = Reader(str(number))
                assert news.has_room_for(reader)
                waiting.enter_context(news.waking(reader))
            assert not news.has_room_for(Reader("another"))

    async def test_wake_whoever_rests_and_nobody_twice(self, news: RevocationNews) -> None:
        reader = Reader()
        with news.waking(reader):
            news.forget(UserId("ann"))
        async with asyncio.timeout(5):
            await reader.rest(60)

        assert not reader._woken.is_set()
        assert not reader.leaving

    async def test_send_whoever_rests_away(self) -> None:
        reader = Reader()
        reader.leave()
        async with asyncio.timeout(5):
            await reader.rest(60)

        assert reader.leaving


async def all_wait(publish: PublishRevocations, count: int) -> None:
    for _ in range(10 * count):
        await asyncio.sleep(0)  # lets each of them run up to where it waits
    assert len(publish.news.readers) == count
