"""Clients that never finish what they have begun."""

from collections.abc import Iterator

import pytest

from hexkey.entrypoints.http.app import create_app
from hexkey.entrypoints.http.server_protocol import GuardedProtocol
from tests.support.api import settings
from tests.support.wire import HOST, Wire, replies, rest, serving

POST = b"POST /sessions HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
KEPT = b"GET /livez HTTP/1.1\r\n" + HOST + b"\r\n"


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    with serving(create_app(settings()), read_timeout=0.2) as wire:
        yield wire


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"\r\n",
        b"G",
        b"GET /livez HTTP/1.1\r\nHost: 127",
        POST,
        POST + b"Content-Length: 10\r\n\r\n",
        POST + b"Content-Length: 10\r\n\r\n{",
        POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
        POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\nX: y",
    ],
)
class TestSlowClient:
    def test_in_03_is_hung_up_on(
        self, wire: Wire, begun: bytes, caplog: pytest.LogCaptureFixture
    ) -> None:
        """IN-03, X8; and nobody's log is filled by it."""
        with wire.connect() as connection:
            connection.settimeout(30)
            connection.sendall(begun)

            assert rest(connection) == b""  # a TimeoutError if it is still open
        assert [it for it in caplog.records if it.levelname == "ERROR"] == []

    def test_in_03_is_hung_up_on_after_a_first_request(self, wire: Wire, begun: bytes) -> None:
        """IN-03, X8: what is idle is closed after the keep-alive time, which may be longer."""
        with wire.connect() as connection:
            connection.settimeout(30)
            connection.sendall(KEPT)
            connection.recv(65536)
            connection.sendall(begun or b"\r\n")

            assert rest(connection) == b""


class TestHonestClient:
    def test_may_take_longer_for_many_requests_than_for_one(self) -> None:
        with serving(create_app(settings()), read_timeout=3) as wire, wire.connect() as connection:
            for _ in range(5):
                connection.settimeout(0.8)
                with pytest.raises(TimeoutError):
                    connection.recv(1)
                connection.settimeout(30)
                connection.sendall(KEPT)
                assert replies(connection.recv(65536))[0].status == 200

    def test_has_ten_seconds(self) -> None:
        """IN-03."""
        assert GuardedProtocol.read_timeout == 10.0


class Starved(GuardedProtocol):
    """One whose process gets no more memory in the middle of a request."""

    def on_header(self, name: bytes, value: bytes) -> None:
        raise MemoryError


class TestWantOfMemory:
    def test_rf_13_is_not_blamed_on_the_client(self) -> None:
        """RF-13: 400 would be final; a connection that ends is tried again."""
        with serving(create_app(settings()), protocol=Starved) as wire:
            assert wire.exchange(KEPT) == []
