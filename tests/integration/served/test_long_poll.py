"""`GET /.well-known/revocations` of a real server: who waits, and who stops waiting."""

import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest

from hexkey.application.sessions.revocations import MOST_OF_ONE_NETWORK
from tests.support.hosts import PASSWORD, SETTINGS
from tests.support.jose import read
from tests.support.server import Server, running_server

PATH = "/.well-known/revocations"
ACCOUNT = {"username": "ada", "password": PASSWORD}


@pytest.fixture(params=[1])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    workers = ("--workers", str(request.param))
    with running_server(SETTINGS, folder=tmp_path, arguments=workers) as it:
        httpx2.post(f"{it.url}/users", json=ACCOUNT).raise_for_status()
        yield it


def tag_of(server: Server) -> str:
    return str(httpx2.get(server.url + PATH).raise_for_status().headers["ETag"])


def in_the_background(server: Server, tag: str) -> tuple[threading.Thread, list[httpx2.Response]]:
    """A question that waits for as long as it may."""
    answers: list[httpx2.Response] = []

    def ask() -> None:
        headers = {"If-None-Match": tag}
        answers.append(httpx2.get(f"{server.url}{PATH}?wait=30", headers=headers, timeout=35))

    thread = threading.Thread(target=ask)
    thread.start()
    return thread, answers


class TestLongPoll:
    @pytest.mark.parametrize("server", [2], indirect=True)
    def test_se_03_is_answered_as_soon_as_a_session_ends_in_either_worker(
        self, server: Server
    ) -> None:
        readers = [in_the_background(server, tag_of(server)) for _ in range(4)]
        tokens = httpx2.post(f"{server.url}/token", data=ACCOUNT).json()
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        begun = time.monotonic()
        httpx2.delete(f"{server.url}/sessions/current", headers=headers).raise_for_status()

        for thread, _ in readers:
            thread.join(10)

        assert time.monotonic() - begun < 1
        for _, (answer,) in readers:
            header, claims = read(answer.text)
            assert answer.headers["Content-Type"] == "application/jwt"
            assert header["typ"] == "revocations+jwt"
            assert list(claims["sessions"]) == [tokens["session_id"]]

    def test_does_not_keep_the_server_from_stopping(self, server: Server) -> None:
        with socket.create_connection(("127.0.0.1", server.port), timeout=40) as waiting:
            question = f"GET {PATH}?wait=30 HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            question += f"If-None-Match: {tag_of(server)}\r\n\r\n"
            waiting.sendall(question.encode())
            tag_of(server)  # answered after the question was heard
            begun = time.monotonic()

            assert server.stop() == 0
            assert waiting.recv(12) == b"HTTP/1.1 304"
        assert time.monotonic() - begun < 10

    def test_has_room_for_twenty_from_one_address(self, server: Server) -> None:
        """Strangers cannot take the place of all others; whoever finds no room is answered."""
        question = f"GET {PATH}?wait=30 HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        question += f"If-None-Match: {tag_of(server)}\r\n\r\n"
        with ExitStack() as stack:
            asking = [
                stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=5))
                for _ in range(MOST_OF_ONE_NETWORK + 1)
            ]
            for each in asking:
                each.sendall(question.encode())

            answered, _, _ = select.select(asking, [], [], 5)
            tag_of(server)  # whoever is to be answered at once has been

            assert len(answered) == len(select.select(asking, [], [], 0)[0]) == 1
            assert answered[0].recv(12) == b"HTTP/1.1 304"

    def test_that_nobody_waits_for_any_more_is_over(self, server: Server) -> None:
        with pytest.raises(httpx2.ReadTimeout):
            httpx2.get(
                f"{server.url}{PATH}?wait=30",
                headers={"If-None-Match": tag_of(server)},
                timeout=0.5,
            )
        begun = time.monotonic()

        assert server.stop() == 0
        assert time.monotonic() - begun < 10
