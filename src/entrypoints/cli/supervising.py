"""Several workers, and the process that looks after them.

Workers are forked from a process that has imported everything and done nothing: one that dies is
replaced in the time that it takes to open the storage, and not in that of starting a program.
"""

import logging
import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from mmap import mmap
from multiprocessing import forkserver
from multiprocessing.connection import wait
from socket import socket
from time import monotonic
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary

import uvicorn
from uvicorn._subprocess import subprocess_started
from uvicorn.supervisors import Multiprocess, multiprocess

from hexkey.entrypoints.cli.stopping import StoppableServer

LOOK = 0.5  # seconds between looks at signals; a death is seen at once
HEADROOM = 8 * 2**20  # octets that a worker must be able to get, or it answers nonsense
PAUSE = 1.0  # seconds from one start to the next in its place, lest failing be all that is done

_IMPORTED_ONCE = [
    "hexkey.entrypoints.cli.fork_point",
    "hexkey.entrypoints.cli.worker",
    "hexkey.entrypoints.http.server_protocol",
    "uvicorn.lifespan.on",
    "uvloop",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "sqlalchemy.dialects.sqlite.aiosqlite",
    "asyncpg",
    "aiosqlite",
]
_FORKS = "forkserver" in multiprocessing.get_all_start_methods()
_processes: Any = multiprocessing.get_context("forkserver" if _FORKS else "spawn")

_CANNOT_FORK = (OSError, EOFError)  # no memory, no process, nobody at the other end

_log = logging.getLogger("uvicorn.error")


def prepare_workers() -> forkserver.ForkServer:
    """Begin to import what every worker needs, while this process has other things to do.

    Workers that are made from now on have the code as it is now.
    """
    fork_point = forkserver.ForkServer()
    if _FORKS:
        fork_point.set_forkserver_preload(_IMPORTED_ONCE)
        fork_point.ensure_running()
    _fork_from(fork_point)
    return fork_point


def _fork_from(fork_point: forkserver.ForkServer) -> None:
    if _FORKS:  # the standard library has one for the whole life of a program
        forkserver.connect_to_new_process = fork_point.connect_to_new_process


class Worker(multiprocess.Process):
    """A process that ends as well as a server without workers does."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket]) -> None:
        super().__init__(config, sockets)
        arguments = {"config": config, "target": self.target, "sockets": sockets}
        self.process = _processes.Process(
            target=subprocess_started, kwargs={**arguments, "stdin_fileno": None}
        )
        self.begun = monotonic()
        self._asked: float | None = None

    @property
    def server(self) -> uvicorn.Server:
        """The server, made in the process that runs it."""
        if self._server is None:
            self._server = StoppableServer(self.config)
        return self._server

    def target(self, sockets: list[socket] | None = None) -> None:
        """Serve; the supervisor alone keeps its end of the line."""
        self.parent_conn.close()
        super().target(sockets)

    def always_pong(self) -> None:
        """Answer the supervisor; without one, nobody would ever tell this process to end."""
        try:
            while _has_headroom():
                self.pong()
        except (EOFError, OSError):
            os.kill(os.getpid(), signal.SIGTERM)
        else:
            os.kill(os.getpid(), signal.SIGKILL)  # without memory nothing ends in good order

    def is_alive(self, timeout: float = 5) -> bool:
        """Whether it runs, and has answered within `timeout` seconds; nothing is waited for."""
        if not self.process.is_alive():
            return False
        try:
            if self._asked is not None and self.parent_conn.poll():
                self.parent_conn.recv()
                self._asked = None
            if self._asked is None:
                self.parent_conn.send(b"ping")
                self._asked = monotonic()
        except (EOFError, OSError):
            return False
        return monotonic() - self._asked < timeout

    def terminate(self) -> None:
        """Ask it to end; one that is just ending by itself has not to be asked."""
        with suppress(ProcessLookupError):
            super().terminate()
        self.parent_conn.close()
        self.child_conn.close()


def _has_headroom() -> bool:
    try:
        mmap(-1, HEADROOM).close()  # from the kernel: what this process holds is in pieces
    except (MemoryError, OSError):
        return False
    return True


class Supervisor(Multiprocess):
    """Starts workers, replaces those that die, and has all of them end well."""

    processes: list[Worker]  # type: ignore[assignment]  # uvicorn makes what it finds below

    def __init__(
        self, config: uvicorn.Config, sockets: list[socket], *, fork_point: forkserver.ForkServer
    ) -> None:
        super().__init__(config, sockets)
        self._fork_point = fork_point
        self._fork_points = {fork_point}
        self._leaving: list[Worker] = []
        self._told = False
        self._origins = WeakKeyDictionary[Worker, forkserver.ForkServer]()
        # uvicorn has no other place to say what a worker is; in this process nobody else asks.
        multiprocess.Process = self._worker  # type: ignore[assignment,misc]  # replaced on purpose
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note_end)

    def _note_end(self, number: int, _frame: FrameType | None) -> None:
        """Begin to end at once, even if another signal's work is under way."""
        self.signal_queue.append(number)
        if not self._told:  # or it could wait for the lock that it has interrupted
            self._told = True
            self.should_exit.set()

    def _worker(self, config: uvicorn.Config, sockets: list[socket]) -> Worker:
        worker = Worker(config, sockets)
        self._origins[worker] = self._fork_point  # not in the worker, which is sent there
        return worker

    def run(self) -> None:
        """Look after the workers until told to stop."""
        _log.info("Started parent process [%d]", os.getpid())
        self.init_processes()
        while not self.should_exit.is_set():
            wait(list(self._sentinels()), LOOK)
            self.handle_signals()
            self.keep_subprocess_alive()
            self._stop_unneeded()
        self.handle_signals()
        self.terminate_all()
        self.join_all()
        _log.info("Stopping parent process [%d]", os.getpid())

    def _sentinels(self) -> Iterator[int]:
        for worker in self.processes:
            if worker.process.exitcode is None:
                yield worker.process.sentinel

    def keep_subprocess_alive(self) -> None:
        """Replace who has died, fallen silent, or found no database to start with.

        uvicorn's own waits for each answer, and ends everything when a worker cannot start.
        """
        if self.should_exit.is_set():
            return
        for index, worker in enumerate(self.processes):
            if worker.is_alive(self.config.timeout_worker_healthcheck):
                continue
            worker.kill()
            worker.process.join()
            if monotonic() - worker.begun >= PAUSE:
                self._replace(index)

    def _replace(self, index: int) -> None:
        """Start another worker; if the fork point is just ending, leave it to the next look.

        That process stops listening a moment before anybody can see that it is gone, and only then
        does the standard library begin another.
        """
        dead, successor = self.processes[index], self._worker(self.config, self.sockets)
        try:
            successor.start()
        except _CANNOT_FORK as error:
            _log.warning("No worker could be forked yet (%s)", type(error).__name__)
            return
        _log.error("Worker [%s] died (%s)", dead.pid, dead.exitcode)
        self.processes[index] = successor

    def handle_hup(self) -> None:
        """Replace all workers by such as have the code of now; those that are left serve on.

        If some are left, the new code may be no good: whoever dies is replaced by the code before.
        """
        if self.should_exit.is_set():
            return
        before, fork_point = list(self.processes), self._fork_point
        try:
            self._fork_point = prepare_workers()
            self._fork_points.add(self._fork_point)
            super().handle_hup()
        except _CANNOT_FORK as error:
            _log.error("Not all workers were replaced (%s)", type(error).__name__)
        if set(before) & set(self.processes):
            self._fork_point = fork_point
            _fork_from(fork_point)
        self._stop_unneeded()

    def restart_all(self) -> None:
        """Replace each worker, which is asked to end when another is ready in its place.

        uvicorn's own waits until it has ended, whoever asks the supervisor to end meanwhile.
        """
        for index, worker in enumerate(self.processes):
            successor = self._ready_worker()
            if successor is None:
                return
            self.processes[index] = successor
            self._leaving.append(worker)
            worker.terminate()
            while worker.process.exitcode is None and not self.should_exit.is_set():
                wait([worker.process.sentinel], LOOK)

    def _ready_worker(self) -> Worker | None:
        if self.should_exit.is_set():
            return None
        worker = self._worker(self.config, self.sockets)
        worker.start()
        if worker.wait_until_ready(self.config.timeout_worker_healthcheck, self.should_exit):
            return worker
        worker.kill()
        worker.process.join()
        if not self.should_exit.is_set():
            _log.error("Not all workers were replaced ([%s] was not ready in time)", worker.pid)
        return None

    def _stop_unneeded(self) -> None:
        """End the fork points of before; each is needed until the last of its workers has ended.

        It alone is told when one of them does.
        """
        self._leaving = [worker for worker in self._leaving if worker.process.exitcode is None]
        workers = [*self.processes, *self._leaving]
        needed = {self._fork_point, *(self._origins[worker] for worker in workers)}
        for fork_point in self._fork_points - needed:
            fork_point._stop()  # type: ignore[attr-defined]  # noqa: SLF001  # nothing public ends it
        self._fork_points &= needed

    def handle_ttin(self) -> None:
        """Have one worker more, if the machine has room for it."""
        if self.should_exit.is_set():
            return
        try:
            super().handle_ttin()
        except _CANNOT_FORK as error:
            self.processes_num = len(self.processes)
            _log.error("There is no worker more (%s)", type(error).__name__)

    def terminate_all(self) -> None:
        """Stop listening first: else clients would wait in line here when no worker takes them."""
        for listener in self.sockets:
            listener.close()
        super().terminate_all()

    def join_all(self) -> None:
        """Wait for those, too, who have been replaced and still have requests to answer."""
        super().join_all()
        for worker in self._leaving:
            worker.join()
