"""What goes on beside the requests goes on whatever happens."""

import asyncio
import logging
from datetime import timedelta

import pytest

from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.entrypoints.background import Background, Chore

pytestmark = pytest.mark.anyio

AT_ONCE = timedelta(0)


class Work:
    """A deed that fails the first time, and says when it has been done often enough."""

    def __init__(self, failure: Exception | None = None, *, enough: int = 3) -> None:
        self._failure = failure
        self._enough = enough
        self.times = 0
        self.done = asyncio.Event()

    async def __call__(self) -> None:
        self.times += 1
        if self.times >= self._enough:
            self.done.set()
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure


class Away(TemporarilyUnavailable):
    """So short that a test need not wait."""

    def __init__(self) -> None:
        super().__init__()
        self.retry_after = AT_ONCE


@pytest.fixture(autouse=True)
def _restarts_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hexkey.entrypoints.background._RESTART_AFTER", AT_ONCE)


async def done(*works: Work) -> None:
    async with asyncio.timeout(10):
        await asyncio.gather(*(work.done.wait() for work in works))


class TestBackground:
    async def test_does_every_chore_again_and_again(self) -> None:
        works = [Work(), Work()]
        background = Background([Chore("x", work, AT_ONCE) for work in works])

        background.start()
        await done(*works)
        await background.stop()

    @pytest.mark.parametrize("failure", [Away(), ValueError("a defect"), TimeoutError()])
    async def test_is_ended_by_no_failure(self, failure: Exception) -> None:
        works = [Work(failure), Work()]
        background = Background([Chore("x", work, AT_ONCE) for work in works])

        background.start()
        await done(*works)
        await background.stop()

    async def test_rf_23_writes_down_a_defect_and_not_an_outage(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        works = [Work(Away()), Work(ValueError("a defect"))]
        background = Background(
            [Chore("outage", works[0], AT_ONCE), Chore("defect", works[1], AT_ONCE)]
        )

        background.start()
        await done(*works)
        await background.stop()

        assert [it.getMessage() for it in caplog.records] == ["defect failed"]

    async def test_stops_what_would_never_return(self) -> None:
        let_go = asyncio.Event()
        begun = asyncio.Event()

        async def endless() -> None:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                let_go.set()

        background = Background([Chore("endless", endless, AT_ONCE)])
        background.start()
        await begun.wait()

        await background.stop()

        assert let_go.is_set()

    async def test_rf_12_stops_what_has_lost_its_cancellation(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """RF-12: in `asyncio.wait_for` of Python 3.11, if an answer comes at that moment."""
        monkeypatch.setattr("hexkey.entrypoints.background.LETTING_GO", timedelta(milliseconds=10))
        heard = asyncio.Event()

        async def deaf() -> None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if heard.is_set():
                    raise
                heard.set()

        background = Background([Chore("deaf", deaf, AT_ONCE)])
        background.start()
        await asyncio.sleep(0)

        async with asyncio.timeout(10):
            await background.stop()

        assert heard.is_set()

    async def test_may_be_started_again(self) -> None:
        """An application that is mounted may see several lifespans."""
        work = Work(enough=1)
        background = Background([Chore("x", work, AT_ONCE)])
        for _ in range(2):
            background.start()
            await done(work)
            await background.stop()
            work.done.clear()

        assert work.times >= 2

    async def test_may_be_stopped_before_it_was_started(self) -> None:
        await Background([]).stop()

    async def test_rf_12_does_what_is_to_be_done_at_the_end_once_more(self) -> None:
        """RF-12: what was only noted is written before the process ends."""
        last, other = Work(enough=1), Work(enough=1)
        background = Background(
            [
                Chore("last", last, timedelta(hours=1), at_the_end=True),
                Chore("other", other, timedelta(hours=1)),
            ]
        )
        background.start()
        await done(last, other)

        await background.stop()

        assert (last.times, other.times) == (2, 1)

    @pytest.mark.parametrize("failure", [Away(), ValueError("a defect")])
    async def test_ends_whatever_happens_at_the_end(self, failure: Exception) -> None:
        background = Background([Chore("last", Work(failure), AT_ONCE, at_the_end=True)])

        await background.stop()
