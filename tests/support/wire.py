"""HTTP as bytes: what a client library would never send, and a server that shows what it took."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from starlette.types import ASGIApp

from hexkey.entrypoints.cli.server import _OPTIONS
from hexkey.entrypoints.http.server_protocol import GuardedProtocol

HOST = b"Host: 127.0.0.1\r\n"


@dataclass(frozen=True)
class Reply:
    """One response, in bytes."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Wire:
    """A server in a thread.

    Attributes:
        received: octets that it has read from its sockets.
        lost: connections that have ended.
    """

    port: int
    received: int = 0
    lost: int = 0
    _change: threading.Condition = field(default_factory=threading.Condition, repr=False)

    def connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=8)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def exchange(self, *pieces: bytes) -> list[Reply]:
        """Send `pieces` on one connection and read until the server hangs up."""
        with self.connect() as connection:
            try:
                for piece in pieces:
                    connection.sendall(piece)
            except OSError:  # it hung up before it had read everything
                pass
            return replies(rest(connection))

    def exchange_in_step(self, *pieces: bytes) -> list[Reply]:
        """The same; each piece is sent when the server has read the one before."""
        sent, lost = self.received, self.lost
        with self.connect() as connection:
            for piece in pieces:
                sent += len(piece)
                try:
                    connection.sendall(piece)
                except OSError:
                    break
                if not self._has_read(sent, lost):
                    break
            return replies(rest(connection))

    def _has_read(self, sent: int, lost: int) -> bool:
        with self._change:
            self._change.wait_for(lambda: self.received >= sent or self.lost > lost, 0.5)
            return self.received >= sent

    def loses(self, connections: int, *, within: float) -> bool:
        """Whether so many have ended, since the beginning, before `within` seconds are over."""
        with self._change:
            return self._change.wait_for(lambda: self.lost >= connections, within)

    def note(self, *, received: int = 0, lost: int = 0) -> None:
        with self._change:
            self.received += received
            self.lost += lost
            self._change.notify_all()

    def ask(self, *pieces: bytes) -> Reply:
        """The same, when there is one answer."""
        (reply,) = self.exchange(*pieces)
        return reply


def request(
    method: str = "GET", path: bytes = b"/livez", *headers: bytes, body: bytes | None = None
) -> bytes:
    """A request after which the server is to hang up."""
    lines = [method.encode() + b" " + path + b" HTTP/1.1", *headers, b"Connection: close"]
    if body is not None:
        lines.append(b"Content-Length: %d" % len(body))
    if not any(line.lower().startswith(b"host") for line in headers):
        lines.insert(1, b"Host: 127.0.0.1")
    return b"\r\n".join([*lines, b"", body or b""])


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def rest(connection: socket.socket) -> bytes:
    """Everything until the other side hangs up."""
    data = b""
    try:
        while piece := connection.recv(65536):
            data += piece
    except ConnectionResetError:
        pass
    return data


def replies(data: bytes) -> list[Reply]:
    """The responses in `data`; a body ends where its length says."""
    found = []
    while data:
        head, _, data = data.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (it.partition(": ") for it in lines)}
        length = int(headers.get("content-length", "0"))
        found.append(Reply(int(status.split()[1]), headers, data[:length]))
        data = data[length:]
    return found


@contextmanager
def serving(
    app: ASGIApp,
    *,
    read_timeout: float = 10.0,
    protocol: type[GuardedProtocol] = GuardedProtocol,
) -> Iterator[Wire]:
    """`app` behind the protocol of the real server, with its options, on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        wire = Wire(listener.getsockname()[1])
        options = {**_OPTIONS, "http": _counting(protocol, wire, read_timeout), "lifespan": "on"}
        server = uvicorn.Server(uvicorn.Config(app, **options))
        thread = threading.Thread(target=lambda: server.run(sockets=[listener]))
        thread.start()
        try:
            yield wire
        finally:
            server.should_exit = True
            thread.join(30)
            assert not thread.is_alive()


def _counting(
    protocol: type[GuardedProtocol], wire: Wire, timeout: float
) -> type[asyncio.Protocol]:
    class Counting(protocol):  # type: ignore[valid-type,misc]  # whichever it is
        read_timeout = timeout

        def data_received(self, data: bytes) -> None:
            wire.note(received=len(data))
            super().data_received(data)

        def connection_lost(self, exc: Exception | None) -> None:
            wire.note(lost=1)
            super().connection_lost(exc)

    return Counting
