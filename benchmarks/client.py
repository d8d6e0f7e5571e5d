"""A small HTTP/1.1 client: one connection, one request at a time, nothing hidden."""

import contextlib
import json
import socket
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode


class ConnectionLost(Exception):
    """A request was sent and no whole answer came back."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent; the body is JSON, or a form when `form` is set.

    Attributes:
        sent_for: the address of a client, as a proxy names it.
    """

    method: str
    path: str
    body: dict[str, str] | None = None
    form: bool = False
    token: str | None = None
    sent_for: str | None = None

    def encoded(self) -> bytes:
        """The bytes on the wire."""
        lines = [f"{self.method} {self.path} HTTP/1.1", "Host: 127.0.0.1", "Accept: */*"]
        if self.token:
            lines.append(f"Authorization: Bearer {self.token}")
        if self.sent_for:
            lines.append(f"X-Forwarded-For: {self.sent_for}")
        content = b""
        if self.body is not None:
            kind = "application/x-www-form-urlencoded" if self.form else "application/json"
            content = (urlencode(self.body) if self.form else json.dumps(self.body)).encode()
            lines += [f"Content-Type: {kind}", f"Content-Length: {len(content)}"]
        return "\r\n".join([*lines, "", ""]).encode() + content


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: dict[str, str] = field(repr=False)
    body: bytes

    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


class Client:
    """A keep-alive connection to a server on loopback."""

    def __init__(self, port: int, *, timeout: float = 60) -> None:
        self._port = port
        self._timeout = timeout
        self._socket: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Drop the connection; the next request opens another."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def send(self, request: Request) -> Answer:
        """Send one request and read its answer.

        Raises:
            ConnectionLost: if there is no whole answer within the time-out.
        """
        try:
            return self._exchange(request.encoded())
        except (OSError, ValueError, IndexError) as error:
            self.close()
            raise ConnectionLost(f"{type(error).__name__}: {error}") from error

    def _exchange(self, data: bytes) -> Answer:
        connection = self._connected()
        connection.sendall(data)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._more(connection)
        head, _, body = received.partition(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in rest)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        length = int(headers.get("content-length", "0"))
        while len(body) < length:
            body += self._more(connection)
        if headers.get("connection") == "close":
            self.close()
        return Answer(int(first.split()[1]), headers, body)

    def _connected(self) -> socket.socket:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), self._timeout)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket

    @staticmethod
    def _more(connection: socket.socket) -> bytes:
        received = connection.recv(65536)
        if not received:
            raise ConnectionResetError("closed in the middle of an answer")
        return received


def ask_once(port: int, request: Request) -> Answer:
    """Send one request over a connection of its own."""
    with Client(port) as client:
        return client.send(request)


def answers(port: int, request: Request, *, within: float) -> bool:
    """Whether the request is answered with 200 right now."""
    with contextlib.suppress(ConnectionLost), Client(port, timeout=within) as client:
        return client.send(request).status == 200
    return False
