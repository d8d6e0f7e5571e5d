"""RF-12: a server that stops answers everybody who reached it, with one worker and with several."""

import http.client
import signal
import threading
from pathlib import Path

import pytest

from tests.support.server import Server, running_server

CALLERS = 6


class Caller:
    """Asks again and again, each time over a new connection, until nobody listens any more.

    Attributes:
        answered: how often it was served.
        left: what befell it when it had reached the server, and was not served.
    """

    def __init__(self, server: Server) -> None:
        self._port = server.port
        self.answered = 0
        self.left: list[str] = []
        self.thread = threading.Thread(target=self._call)
        self.thread.start()

    def _call(self) -> None:
        while not self.left:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
            try:
                connection.connect()
            except ConnectionRefusedError:
                return
            except ConnectionResetError:  # of the handshake: nobody had taken the connection yet
                return
            try:
                connection.request("GET", "/livez")
                assert connection.getresponse().status == 200
            except (OSError, http.client.HTTPException, AssertionError) as error:
                self.left.append(repr(error))
            self.answered += 1
            connection.close()


class TestAServerThatStops:
    @pytest.mark.parametrize("workers", ["1", "2"])
    def test_rf_12_serves_whoever_reached_it(self, workers: str, tmp_path: Path) -> None:
        arguments = ("--workers", workers)
        with running_server(folder=tmp_path, arguments=arguments) as server:
            callers = [Caller(server) for _ in range(CALLERS)]
            threading.Event().wait(0.5)

            assert server.stop() == 0
            for each in callers:
                each.thread.join(20)

        assert [it.left for it in callers] == [[]] * CALLERS
        assert all(it.answered for it in callers)


class TestAServerWithWorkers:
    def test_rf_12_replaces_them_and_nobody_notices(self, tmp_path: Path) -> None:
        """RF-12: by SIGHUP, as after an update."""
        with running_server(folder=tmp_path, arguments=("--workers", "2")) as server:
            caller = Caller(server)

            server.process.send_signal(signal.SIGHUP)
            assert any(has_ended_twice(server) for _ in range(600))
            assert server.stop() == 0
            caller.thread.join(20)

        assert caller.answered
        assert caller.left == []


def has_ended_twice(server: Server) -> bool:
    threading.Event().wait(0.1)
    return server.log.count("Finished server process") >= 2
