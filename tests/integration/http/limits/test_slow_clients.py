"""Clients that never finish what they have begun."""

import asyncio
import socket
from collections.abc import Iterator

import pytest
from starlette.types import Receive, Scope, Send

from hexkey.entrypoints.cli.server import GRACE
from hexkey.entrypoints.http.app import create_app
from hexkey.entrypoints.http.server_protocol import GuardedProtocol
from tests.support.api import settings
from tests.support.wire import HOST, Wire, replies, request, rest, serving

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
    @pytest.mark.lengthy
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


class Impatient(GuardedProtocol):
    """One that looks often."""

    write_timeout = 1.0


class Spacious(Impatient):
    """One whose buffer is never full, as for answers that are just too small to fill it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        transport.set_write_buffer_limits(high=2 * MUCH)
        super().connection_made(transport)


MUCH = 8 * 2**20  # octets; more than kernels hold for anybody


async def much(scope: Scope, _receive: Receive, send: Send) -> None:
    """An application that has a lot to say, and waits until half of it is on its way."""
    if scope["type"] == "http":
        length = [(b"content-length", b"%d" % MUCH)]
        await send({"type": "http.response.start", "status": 200, "headers": length})
        half = bytes(MUCH // 2)
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await send({"type": "http.response.body", "body": half})


def narrow(wire: Wire) -> socket.socket:
    """A connection that takes little at a time."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(30)
    connection.connect(("127.0.0.1", wire.port))
    return connection


class TestClientThatDoesNotRead:
    @pytest.mark.parametrize("protocol", [Impatient, Spacious])
    def test_in_03_is_hung_up_on(self, protocol: type[GuardedProtocol]) -> None:
        """IN-03: also when only its answer keeps the connection from being closed."""
        with serving(much, protocol=protocol) as wire, narrow(wire) as connection:
            connection.sendall(request())

            assert wire.loses(1, within=30)
            assert len(rest(connection)) < MUCH

    @pytest.mark.lengthy
    def test_in_03_is_not_one_that_reads_slowly(self) -> None:
        """IN-03: one that takes as little as it can, for many times as long as it may take none."""
        with serving(much, protocol=Impatient) as wire, narrow(wire) as connection:
            connection.sendall(KEPT)
            for _ in range(60):
                assert not wire.loses(1, within=0.05)
                assert connection.recv(16384)

            assert len(rest(connection)) > MUCH - 60 * 16384

    def test_in_03_is_hung_up_on_before_a_server_that_stops_would_wait_no_longer(self) -> None:
        assert 2 * GuardedProtocol.write_timeout < GRACE


class Starved(GuardedProtocol):
    """One whose process gets no more memory in the middle of a request."""

    def on_header(self, name: bytes, value: bytes) -> None:
        raise MemoryError


class TestWantOfMemory:
    def test_rf_13_is_not_blamed_on_the_client(self) -> None:
        """RF-13: 400 would be final; a connection that ends is tried again."""
        with serving(create_app(settings()), protocol=Starved) as wire:
            assert wire.exchange(KEPT) == []
