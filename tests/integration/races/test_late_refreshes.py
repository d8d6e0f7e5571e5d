"""TK-03, RA-05: a refresh that has read the session, and is overtaken before it writes."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from hexkey.adapters.sql.engine import make_engine
from hexkey.application.ports.sessions import SignedIn, SignedInDirectory
from hexkey.domain.identifiers import SessionId
from hexkey.domain.sessions.refresh_token import RefreshTokenRejected
from tests.support.builders import ARGON2_HASH
from tests.support.databases import BOTH
from tests.support.doubles import FrozenClock
from tests.support.refreshing import Instance, Shelf, in_database, in_memory

pytestmark = pytest.mark.anyio


class Dawdling(SignedInDirectory):
    """Reads, and then takes its time once, as a process does that is not scheduled."""

    def __init__(self, directory: SignedInDirectory) -> None:
        self._directory = directory
        self.has_read, self.may_go_on = asyncio.Event(), asyncio.Event()

    async def find(self, id: SessionId) -> SignedIn | None:
        found = await self._directory.find(id)
        self.has_read.set()
        await self.may_go_on.wait()
        return found


@pytest.fixture(params=["memory", *BOTH])
async def shelf(request: pytest.FixtureRequest) -> AsyncIterator[Shelf]:
    if request.param == "memory":
        yield in_memory()
        return
    if request.param == "sqlite":
        url = f"sqlite:///{request.getfixturevalue('sqlite_path')}"
    else:
        url = request.getfixturevalue("postgres_url")
    engine = make_engine(url)
    yield in_database(engine)
    await engine.dispose()


class TestALateRefresh:
    async def test_tk_03_does_not_turn_the_chain_back(self, shelf: Shelf) -> None:
        """Its writing would make the successor's successor a token that was never given out."""
        clock, dawdling = FrozenClock(), Dawdling(shelf.directory)
        quick, late = Instance(shelf, clock), Instance(Shelf(shelf.store, dawdling), clock)
        session = await quick.open(await quick.register())

        overtaken = asyncio.create_task(late.present(session.id, 1))
        await dawdling.has_read.wait()
        assert await quick.present(session.id, 1) == 2
        assert await quick.present(session.id, 2) == 3
        dawdling.may_go_on.set()

        assert await overtaken == 3
        assert (await quick.stored(session.id)).refresh.live == 3
        assert await quick.present(session.id, 3) == 4

    @pytest.mark.parametrize("deed", ["end", "disable", "change the password"])
    async def test_ra_05_gets_nothing_from_a_session_that_was_ended_meanwhile(
        self, shelf: Shelf, deed: str
    ) -> None:
        clock, dawdling = FrozenClock(), Dawdling(shelf.directory)
        quick, late = Instance(shelf, clock), Instance(Shelf(shelf.store, dawdling), clock)
        user = await quick.register()
        session = await quick.open(user)

        overtaken = asyncio.create_task(late.present(session.id, 1))
        await dawdling.has_read.wait()
        match deed:
            case "end":
                await quick.end(user=user.id, session=session.id)
            case "disable":
                await quick.disable(user=user.id)
            case _:
                await quick.replace_password(user, ARGON2_HASH, keep=None)
        dawdling.may_go_on.set()

        with pytest.raises(RefreshTokenRejected):
            await overtaken
        stored = await quick.stored(session.id)
        assert stored.ended_at is not None
        assert stored.refresh.live == 1
