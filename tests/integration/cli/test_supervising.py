"""RF-13: who looks after workers, looked at from within."""

import os
import signal
from collections.abc import Iterator
from multiprocessing import forkserver
from typing import Never

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.supervisors import multiprocess

from hexkey.entrypoints.cli.supervising import PAUSE, Supervisor, prepare_workers


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
        fork_point._stop()  # type: ignore[attr-defined]  # nothing public ends it


def refuse(*_: object) -> Never:
    """What nobody listens to any more does."""
    raise ConnectionRefusedError


class TestADeadWorker:
    @pytest.mark.parametrize("failure", [ConnectionRefusedError, BrokenPipeError, EOFError])
    def test_rf_13_is_replaced_as_soon_as_somebody_can_be_forked(
        self, failure: type[Exception], supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """RF-13: the fork point may be ending, and still look as if it ran."""
        dead = supervisor.processes[0]
        assert dead.pid is not None
        os.kill(dead.pid, signal.SIGKILL)
        dead.process.join()
        dead.begun -= PAUSE

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
