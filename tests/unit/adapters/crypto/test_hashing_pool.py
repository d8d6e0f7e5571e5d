import asyncio
import itertools
import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from hexkey.adapters.crypto import hashing_pool
from hexkey.adapters.crypto.hashing_pool import MAX_WAITING, HashingPool
from hexkey.domain.accounts.password import HashingOverloaded
from tests.support.doubles import FrozenClock

pytestmark = pytest.mark.anyio


class Gate:
    """Work that does not end before it is told to."""

    def __init__(self) -> None:
        self.entered = 0
        self._open = threading.Event()
        self._changed = threading.Semaphore(0)

    def work(self) -> str:
        self.entered += 1
        self._changed.release()
        assert self._open.wait(10)
        return "done"

    def open(self) -> None:
        self._open.set()

    async def has_begun(self) -> None:
        assert await asyncio.to_thread(self._changed.acquire, timeout=10)


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def pool(clock: FrozenClock) -> Iterator[HashingPool]:
    pool = HashingPool(workers=1, max_waiting=2, clock=clock)
    yield pool
    pool.close()


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open()


def fill_the_machine(monkeypatch: pytest.MonkeyPatch, *, spare: int = 0) -> None:
    """Let nobody begin a thread, once `spare` were begun."""
    begin, left = threading.Thread.start, iter(range(spare))

    def start(thread: threading.Thread) -> None:
        if next(left, None) is None:
            raise RuntimeError("can't start new thread")
        begin(thread)

    monkeypatch.setattr(threading.Thread, "start", start)


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


class TestHashingPool:
    async def test_pw_11_works_beside_the_event_loop(self, pool: HashingPool) -> None:
        assert await pool.run(threading.get_ident) != threading.get_ident()

    async def test_pw_11_refuses_when_the_queue_is_full(
        self, pool: HashingPool, gate: Gate
    ) -> None:
        admitted = [asyncio.create_task(pool.run(gate.work)) for _ in range(3)]
        await gate.has_begun()

        with pytest.raises(HashingOverloaded):
            await pool.run(gate.work)

        gate.open()
        assert await asyncio.gather(*admitted) == ["done"] * 3
        assert gate.entered == 3
        assert await pool.run(gate.work) == "done"

    def test_pw_11_lets_sixty_four_wait(self) -> None:
        assert MAX_WAITING == 64

    async def test_pw_11_never_works_on_more_than_its_workers_can(self, clock: FrozenClock) -> None:
        pool, gate = HashingPool(workers=2, clock=clock), Gate()
        admitted = [asyncio.create_task(pool.run(gate.work)) for _ in range(10)]
        await gate.has_begun()
        await gate.has_begun()
        await settled()

        assert gate.entered == 2
        assert pool.admitted == 10
        gate.open()
        await asyncio.gather(*admitted)
        pool.close()

    async def test_pw_11_gives_the_place_of_a_caller_who_left_to_another(
        self, pool: HashingPool, gate: Gate
    ) -> None:
        running, waiting, leaving = (asyncio.create_task(pool.run(gate.work)) for _ in range(3))
        await gate.has_begun()
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving

        late = asyncio.create_task(pool.run(gate.work))
        await settled()
        gate.open()

        assert [await caller for caller in (running, waiting, late)] == ["done"] * 3
        assert gate.entered == 3
        assert pool.admitted == 0

    async def test_pw_11_keeps_the_place_of_work_that_goes_on_without_its_caller(
        self, pool: HashingPool, gate: Gate
    ) -> None:
        running = asyncio.create_task(pool.run(gate.work))
        await gate.has_begun()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

        assert pool.admitted == 1
        gate.open()
        assert await pool.run(gate.work) == "done"

    async def test_pw_11_says_when_to_come_again(
        self, pool: HashingPool, clock: FrozenClock, gate: Gate
    ) -> None:
        for _ in range(50):  # the mean has forgotten the first guess
            await pool.run(lambda: clock.advance(seconds=20))
        admitted = [asyncio.create_task(pool.run(gate.work)) for _ in range(3)]
        await gate.has_begun()

        with pytest.raises(HashingOverloaded) as refusal:
            await pool.run(gate.work)

        assert timedelta(seconds=55) < refusal.value.retry_after <= timedelta(seconds=60)
        gate.open()
        await asyncio.gather(*admitted)

    async def test_pw_11_never_says_to_come_again_in_less_than_a_second(
        self, pool: HashingPool, gate: Gate
    ) -> None:
        for _ in range(100):
            await pool.run(lambda: None)
        admitted = [asyncio.create_task(pool.run(gate.work)) for _ in range(3)]
        await gate.has_begun()

        with pytest.raises(HashingOverloaded) as refusal:
            await pool.run(gate.work)

        assert refusal.value.retry_after == timedelta(seconds=1)
        gate.open()
        await asyncio.gather(*admitted)

    async def test_frees_the_place_of_work_that_failed(self, pool: HashingPool) -> None:
        for _ in range(10):
            with pytest.raises(ZeroDivisionError):
                await pool.run(lambda: 1 // 0)

        assert pool.admitted == 0

    async def test_refuses_whoever_waits_or_comes_when_it_closes(
        self, pool: HashingPool, gate: Gate
    ) -> None:
        running, waiting = (asyncio.create_task(pool.run(gate.work)) for _ in range(2))
        await gate.has_begun()
        closing = asyncio.create_task(asyncio.to_thread(pool.close))

        with pytest.raises(HashingOverloaded):
            await waiting
        with pytest.raises(HashingOverloaded):
            await pool.run(gate.work)

        gate.open()
        await closing
        assert await running == "done"

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of threads")
    async def test_pw_11_leaves_the_processor_to_the_event_loop(self, pool: HashingPool) -> None:
        def niceness() -> int:
            return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

        assert await pool.run(niceness) == min(niceness() + 10, 19)

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of threads")
    async def test_works_where_priorities_are_forbidden(
        self, pool: HashingPool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def forbidden(*_: int) -> None:
            raise PermissionError

        monkeypatch.setattr(os, "setpriority", forbidden)

        assert await pool.run(lambda: "done") == "done"

    @pytest.mark.parametrize(("workers", "max_waiting"), [(0, 1), (-1, 1), (1, -1)])
    def test_needs_a_worker(self, workers: int, max_waiting: int, clock: FrozenClock) -> None:
        with pytest.raises(ValueError, match="a worker"):
            HashingPool(workers=workers, max_waiting=max_waiting, clock=clock)


@pytest.mark.parametrize("spare", [0, 1])
class TestMachineWithoutThreads:
    """PW-11: as with `pids.max` or RLIMIT_NPROC, for a while."""

    async def test_pw_11_takes_no_place_in_the_queue(
        self, spare: int, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pool, begun = HashingPool(workers=2, max_waiting=2, clock=clock), []
        for _ in range(10):
            with monkeypatch.context() as meanwhile:
                fill_the_machine(meanwhile, spare=spare)
                with pytest.raises(HashingOverloaded):
                    await pool.run(lambda: begun.append("refused"))

        assert pool.admitted == 0
        assert await pool.run(lambda: "done") == "done"
        assert begun == []
        pool.close()

    async def test_pw_11_leaves_no_thread_behind(
        self, spare: int, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = set(threading.enumerate())
        with monkeypatch.context() as meanwhile:
            fill_the_machine(meanwhile, spare=spare)
            with pytest.raises(HashingOverloaded):
                HashingPool(workers=2, clock=clock).open()

        for thread in set(threading.enumerate()) - before:
            thread.join(10)
            assert not thread.is_alive()


@pytest.fixture
def closing(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set when a pool has cancelled what waits, and before it waits for its threads."""
    closing, shut_down = threading.Event(), ThreadPoolExecutor.shutdown

    def in_two_steps(
        executor: ThreadPoolExecutor, wait: bool = True, *, cancel_futures: bool = False
    ) -> None:
        shut_down(executor, wait=False, cancel_futures=cancel_futures)
        closing.set()
        shut_down(executor, wait=wait)

    monkeypatch.setattr(ThreadPoolExecutor, "shutdown", in_two_steps)
    return closing


class TestOpenPool:
    async def test_pw_11_needs_no_thread_that_it_has_not(
        self, clock: FrozenClock, gate: Gate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pool = HashingPool(workers=4, clock=clock)
        pool.open()
        with monkeypatch.context() as meanwhile:
            fill_the_machine(meanwhile)
            working = [asyncio.create_task(pool.run(gate.work)) for _ in range(4)]
            await settled()
        for _ in working:
            await gate.has_begun()

        gate.open()
        assert await asyncio.gather(*working) == ["done"] * 4
        pool.close()

    @pytest.mark.parametrize("late", [1, 2, 4])
    def test_rf_12_may_be_closed_before_its_threads_are_there(
        self,
        late: int,
        clock: FrozenClock,
        closing: threading.Event,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """RF-12: a service that is stopped as soon as it has started."""
        numbers = itertools.count(1)

        def take_its_time() -> None:
            if next(numbers) > 4 - late:
                assert closing.wait(10)

        monkeypatch.setattr(hashing_pool, "_yield_to_the_loop", take_its_time)
        pool, before = HashingPool(workers=4, clock=clock), set(threading.enumerate())
        pool.open()
        closer = threading.Thread(target=pool.close, daemon=True)
        closer.start()

        closer.join(10)
        assert not closer.is_alive()
        assert set(threading.enumerate()) == before
