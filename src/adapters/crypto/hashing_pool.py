"""Where passwords are hashed: beside the event loop, and never more than fit."""

import asyncio
import logging
import math
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import ParamSpec, TypeVar

from hexkey.application.ports.system import Clock
from hexkey.domain.accounts.password import HashingOverloaded

MAX_WAITING = 64  # at 0.2 s a hash and two cores, the last one waits for six seconds
_FIRST_GUESS = 0.25  # seconds per hash, until one was measured
_WEIGHT = 0.1  # of the latest hash in the running mean
_NICENESS = 10  # added to the workers', so that a storm of sign-ins leaves the loop its core

_log = logging.getLogger("hexkey.hashing")

P = ParamSpec("P")
T = TypeVar("T")


class HashingPool:
    """A fixed number of threads and a bounded queue in front of them.

    bcrypt and argon2 release the interpreter's lock, so threads are enough. Whoever comes when the
    queue is full is sent away at once: waiting longer than a client does helps nobody.

    All threads are begun together, by `open` or by the first work, and then no other is ever
    needed: a machine that has none left for a while takes nothing from a pool that has its own.
    They are not begun with the pool, because a process that is forked would not have them.

    Args:
        workers: threads, best as many as there are cores.
        clock: measures how long a hash takes.
        max_waiting: callers that may wait for a thread.
    """

    def __init__(self, *, workers: int, clock: Clock, max_waiting: int = MAX_WAITING) -> None:
        if workers < 1 or max_waiting < 0:
            raise ValueError("a pool needs a worker, and cannot have a queue of negative length")
        self._workers = workers
        self._clock = clock
        self._capacity = workers + max_waiting
        self._executor: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self._admitted = 0
        self._seconds_per_hash = _FIRST_GUESS
        self._closed = False

    @property
    def admitted(self) -> int:
        """How many callers have a thread or a place in the queue."""
        return self._admitted

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of `work`, done by a worker.

        A caller who is cancelled while waiting gives its place back.

        Raises:
            HashingOverloaded: if the queue is full, the pool is closed, or there is no thread for
                it; `work` was not begun.
        """
        future = asyncio.wrap_future(self._admit(lambda: self._timed(work, *args, **kwargs)))
        try:
            return await future
        except asyncio.CancelledError:
            if self._closed and future.cancelled() and not _cancelling():
                raise self._overloaded() from None
            raise

    def open(self) -> None:
        """Take work, with all threads; an open pool stays as it is.

        Raises:
            HashingOverloaded: if the machine has no threads for it; the pool is as it was.
        """
        with self._lock:
            try:
                self._threads()
            except RuntimeError as error:
                raise self._without_threads(error) from error
            self._closed = False

    def close(self) -> None:
        """Finish what was begun, refuse what waits and whatever comes."""
        with self._lock:
            self._closed = True
            executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(wait=True, cancel_futures=True)

    def _admit(self, work: Callable[[], T]) -> Future[T]:
        with self._lock:
            if self._closed or self._admitted >= self._capacity:
                raise self._overloaded()
            try:
                future = self._threads().submit(work)
            except RuntimeError as error:
                raise self._without_threads(error) from error
            self._admitted += 1  # last: nobody would give back the place of what was not submitted
        future.add_done_callback(self._release)  # also when cancelled while waiting
        return future

    def _threads(self) -> ThreadPoolExecutor:
        if self._executor is None:
            self._executor = _AllThreads(self._workers)
        return self._executor

    def _without_threads(self, error: RuntimeError) -> HashingOverloaded:
        _log.error("There are no threads to hash passwords in: %s", error)
        return self._overloaded()

    def _release(self, _: Future[T]) -> None:
        with self._lock:
            self._admitted -= 1

    def _timed(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        start = self._clock.monotonic()
        result = work(*args, **kwargs)
        # A race between workers loses one measurement, which nobody misses.
        taken = self._clock.monotonic() - start
        self._seconds_per_hash += _WEIGHT * (taken - self._seconds_per_hash)
        return result

    def _overloaded(self) -> HashingOverloaded:
        seconds = self._admitted * self._seconds_per_hash / self._workers
        return HashingOverloaded(retry_after=timedelta(seconds=max(1, math.ceil(seconds))))


class _AllThreads(ThreadPoolExecutor):
    """An executor that begins no more threads once it is made.

    Raises:
        RuntimeError: if not all of them could be begun; then none is left.
    """

    def __init__(self, workers: int) -> None:
        super().__init__(
            max_workers=workers, thread_name_prefix="hashing", initializer=_yield_to_the_loop
        )
        self._together = threading.Barrier(workers)  # nobody is idle before the last one is there
        try:
            for _ in range(workers):
                self.submit(self._together.wait)
        except RuntimeError:
            self.shutdown(wait=False, cancel_futures=True)
            raise

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """The same; those who still wait for one that is cancelled wait no longer."""
        self._together.abort()
        super().shutdown(wait, cancel_futures=cancel_futures)


def _cancelling() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _yield_to_the_loop() -> None:
    # Only Linux has a priority for each thread; elsewhere this would slow the whole process.
    if sys.platform != "linux":
        return
    thread = threading.get_native_id()
    try:
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _NICENESS)
    except OSError:
        return  # a sandbox may forbid it; everything still works, a little less evenly
