"""RF-13: who looks after workers, looked at from within."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing import forkserver
from pathlib import Path
from typing import Never

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.supervisors import multiprocess

from hexkey.entrypoints.cli.supervising import PAUSE, Supervisor, Worker, prepare_workers


async def nobody(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """The application."""


@pytest.fixture
def supervisor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    """One with a worker that serves nobody; it leaves signals and libraries as they were."""
    before = {number: signal.getsignal(number) for number in multiprocess.SIGNALS}
    for replaced in (multiprocess, "Process"), (forkserver, "connect_to_new_process"):
        monkeypatch.setattr(*replaced, getattr(*replaced))
    config, fork_point = uvicorn.Config(f"{__name__}:nobody", workers=1), prepare_workers()
    supervisor = Supervisor(config, [], fork_point=fork_point)
    try:
        supervisor.init_processes()
        yield supervisor
        supervisor.terminate_all()
        supervisor.join_all()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for begun in supervisor._fork_points:
            begun._stop()  # type: ignore[attr-defined]  # nothing public ends it


def refuse(*_: object) -> Never:
    """What nobody listens to any more does."""
    raise ConnectionRefusedError


def never(*_: object) -> bool:
    """What is said of a worker that does not get ready."""
    return False


def children() -> set[int]:
    """The processes that this one has begun itself: workers are begun by fork points."""
    return set(map(int, Path("/proc/self/task", str(os.getpid()), "children").read_text().split()))


def kill(worker: Worker) -> None:
    """Have it die, long after it was begun."""
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    worker.process.join()
    worker.begun -= PAUSE


def freeze(worker: Worker, *, at_most: float) -> Callable[[], None]:
    """Have it take its time, whatever it is asked; returns how to let it go on."""
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGSTOP)
    later = threading.Timer(at_most, os.kill, (worker.pid, signal.SIGCONT))
    later.start()

    def thaw() -> None:
        later.cancel()
        os.kill(worker.pid or 0, signal.SIGCONT)

    return thaw


class TestADeadWorker:
    @pytest.mark.parametrize("failure", [ConnectionRefusedError, BrokenPipeError, EOFError])
    def test_rf_13_is_replaced_as_soon_as_somebody_can_be_forked(
        self, failure: type[Exception], supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """RF-13: the fork point may be ending, and still look as if it ran."""
        dead = supervisor.processes[0]
        kill(dead)

        def fail(_fds: list[int]) -> Never:
            raise failure

        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(forkserver, "connect_to_new_process", fail)
            supervisor.keep_subprocess_alive()
            assert supervisor.processes == [dead]

        supervisor.keep_subprocess_alive()
        assert supervisor.processes != [dead]
        assert supervisor.processes[0].process.is_alive()


class TestNewCode:
    def test_rf_13_that_cannot_be_forked_leaves_the_workers_there_are(
        self, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """RF-13, RF-12: SIGHUP while the machine has no process left."""
        before = list(supervisor.processes)

        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(forkserver.ForkServer, "connect_to_new_process", refuse)
            supervisor.handle_hup()

        assert supervisor.processes == before
        assert before[0].process.is_alive()

    @pytest.mark.skipif(sys.platform != "linux", reason="it looks at /proc")
    def test_rf_13_that_is_broken_leaves_no_process_of_it_behind(
        self, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """RF-13: nor does a worker that dies later come from there."""
        (before,), everybody = supervisor.processes, children()

        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(Worker, "wait_until_ready", never)
            for _ in range(2):
                supervisor.handle_hup()
        assert supervisor.processes == [before]
        assert children() == everybody

        kill(before)
        supervisor.keep_subprocess_alive()
        assert supervisor.processes[0].process.is_alive()
        assert children() == everybody

    @pytest.mark.skipif(sys.platform != "linux", reason="it looks at /proc")
    def test_rf_13_that_breaks_halfway_stays_as_long_as_it_has_workers(
        self, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """RF-13: and is forked from no more."""
        supervisor.handle_ttin()
        (_, left), everybody = supervisor.processes, children()
        answers = iter([True, False])

        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(Worker, "wait_until_ready", lambda *_: next(answers))
            supervisor.handle_hup()
        replaced, still = supervisor.processes
        assert still is left
        assert len(children() - everybody) == 1

        kill(replaced)
        supervisor.keep_subprocess_alive()
        supervisor._stop_unneeded()
        assert all(worker.process.is_alive() for worker in supervisor.processes)
        assert children() == everybody

    @pytest.mark.skipif(sys.platform != "linux", reason="it looks at /proc")
    def test_rf_13_leaves_no_process_of_the_code_before(self, supervisor: Supervisor) -> None:
        (before,), everybody = supervisor.processes, children()

        supervisor.handle_hup()

        assert supervisor.processes != [before]
        assert supervisor.processes[0].process.is_alive()
        assert len(children()) == len(everybody)
        assert children() != everybody


class TestAnEndWhileWorkersAreReplaced:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_rf_12_does_not_wait_for_the_rest(
        self, number: int, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """RF-12: nor for requests that the first one still has, which is waited for in the end."""
        supervisor.handle_ttin()
        first, second = supervisor.processes
        thaw = freeze(first, at_most=10)
        asked: list[Worker] = []

        def ready(worker: Worker, *_: object) -> bool:
            asked.append(worker)
            threading.Timer(0.2, os.kill, (os.getpid(), number)).start()
            return True

        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(Worker, "wait_until_ready", ready)
            supervisor.handle_hup()
        assert supervisor.processes == [*asked, second]
        assert first.process.is_alive()

        thaw()
        supervisor.terminate_all()
        supervisor.join_all()
        assert first.process.exitcode is not None

    def test_rf_12_takes_the_place_of_what_was_asked_before(self, supervisor: Supervisor) -> None:
        """RF-12: a signal that has not been looked at yet is not worth a beginning."""
        before, everybody = list(supervisor.processes), children()
        for number in (signal.SIGHUP, signal.SIGTTIN, signal.SIGTERM, signal.SIGTERM):
            os.kill(os.getpid(), number)

        supervisor.handle_signals()

        assert supervisor.should_exit.is_set()
        assert supervisor.processes == before
        assert children() == everybody


class TestAnotherNumberOfWorkers:
    def test_rf_13_is_what_can_be_forked(
        self, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """RF-13: SIGTTIN while the machine has no process left."""
        (before,) = supervisor.processes

        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(forkserver, "connect_to_new_process", refuse)
            supervisor.handle_ttin()
        assert supervisor.processes == [before]

        supervisor.handle_ttin()
        assert len(supervisor.processes) == supervisor.processes_num == 2

        supervisor.handle_ttou()
        assert supervisor.processes == [before]
        assert before.process.is_alive()


class TestAWorkerThatIsAskedToEnd:
    def test_rf_13_may_have_ended_by_itself(
        self, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """RF-13: a service manager tells all processes at once, and the supervisor is later."""
        (worker,) = supervisor.processes
        send = os.kill

        def too_late(pid: int, number: int) -> None:
            send(pid, signal.SIGKILL)
            worker.process.join()
            send(pid, number)

        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(os, "kill", too_late)
            supervisor.terminate_all()
        supervisor.join_all()

        assert worker.parent_conn.closed
        assert worker.child_conn.closed
