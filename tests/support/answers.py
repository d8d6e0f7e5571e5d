"""A server that answers whatever a test wants, byte by byte."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Answers:
    """What it says, by path; and what it was asked.

    Attributes:
        unless: what it says instead to whoever names that tag.
        asked: the request line and the headers of each request.
        said: the whole answer to any path that begins like this; `hang` leaves it unfinished, and
            `drip` goes on with that for as long as somebody reads it.
        left: whoever asked has hung up.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.said: dict[str, bytes] = {}
        self.unless: dict[str, bytes] = {}
        self.hang = False
        self.drip = b""
        self.left = asyncio.Event()
        self.address = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        self.asked.append(head)
        path = head.split(" ")[1]
        said = next((it for start, it in self.said.items() if path.startswith(start)), b"")
        tags = (tag for tag in self.unless if f"If-None-Match: {tag}\r\n" in head)
        said = next((self.unless[tag] for tag in tags), said)
        with suppress(ConnectionError):
            writer.write(said)
            await writer.drain()
            while self.drip and not reader.at_eof():
                writer.write(self.drip)
                await writer.drain()
                await asyncio.sleep(0.01)
            if self.hang:
                await reader.read()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        self.left.set()


def http(
    body: str | bytes = b"", status: str = "200 OK", length: int | None = None, **headers: str
) -> bytes:
    """An answer; `max_age` in a header's name stands for `max-age`."""
    octets = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", "Connection: close"]
    if not status.startswith("304"):
        lines.append(f"Content-Length: {len(octets) if length is None else length}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + octets


@asynccontextmanager
async def answering() -> AsyncIterator[Answers]:
    """A server of that kind, on a port of its own."""
    answers = Answers()
    server = await asyncio.start_server(answers.answer, "127.0.0.1", 0)
    answers.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield answers
    finally:
        server.close()
