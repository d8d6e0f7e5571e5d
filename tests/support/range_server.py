"""A collector of breached passwords, that writes down what it is asked."""

import asyncio
import hashlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

PADDING = b"".join(b"%035X:0\r\n" % number for number in range(600))


@dataclass
class RangeServer:
    """Answers like Have I Been Pwned, or with `answer` if there is one.

    Attributes:
        known: the passwords, by how often they were seen.
        answer: sent as it is; an empty one is silence until the client goes away.
        drip: seconds between the octets of an answer.
        asked: every request, as it came.
    """

    known: dict[str, int] = field(default_factory=dict)
    answer: bytes | None = None
    drip: float = 0.0
    asked: list[bytes] = field(default_factory=list)
    port: int = 0
    tls: bool = False

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/range"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            self.asked.append(request)
            answer = self._found(request) if self.answer is None else self.answer
            if not answer:
                await reader.read()
            for piece in _pieces(answer, self.drip):
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(self.drip)
        except (OSError, EOFError):
            pass
        finally:
            writer.close()

    def _found(self, request: bytes) -> bytes:
        digits = request.split()[1].removeprefix(b"/range/").decode()
        listed = b"".join(
            f"{digest[5:]}:{count}\r\n".encode()
            for digest, count in ((sha1(it), count) for it, count in self.known.items())
            if digest.startswith(digits)
        )
        return ok(PADDING + listed)


def ok(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def sha1(text: str) -> str:
    """In the collector's spelling."""
    return hashlib.sha1(text.encode("utf-8", "surrogatepass")).hexdigest().upper()


def _pieces(answer: bytes, drip: float) -> list[bytes]:
    return [answer[n : n + 1] for n in range(len(answer))] if drip else [answer]


@asynccontextmanager
async def range_server(
    known: dict[str, int] | None = None, *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[RangeServer]:
    """One on loopback."""
    ranges = RangeServer(known or {}, tls=tls is not None)
    server = await asyncio.start_server(ranges.serve, "127.0.0.1", 0, ssl=tls)
    ranges.port = server.sockets[0].getsockname()[1]
    try:
        yield ranges
    finally:
        server.close()
