"""A server that webhooks are sent to, and that counts who comes near it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class HookServer:
    """Answers each connection with `answer` and hangs up.

    Attributes:
        connections: how often somebody came, whether they spoke or not.
        requests: everything that was said, head and body.
        answer: sent as it is; `None` to say nothing until the client goes away.
    """

    answer: bytes | None = b"HTTP/1.1 204 No Content\r\n\r\n"
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)
    port: int = 0
    names: list[str | None] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        try:
            self.requests.append(await _request(reader))
            if self.answer is None:
                await reader.read()
            else:
                writer.write(self.answer)
                await writer.drain()
        except (OSError, EOFError):
            pass
        finally:
            writer.transport.abort()


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.partition(b":")[2])
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length:")
    )
    return head + await reader.readexactly(length)


@asynccontextmanager
async def hook_server(tls: ssl.SSLContext | None = None) -> AsyncIterator[HookServer]:
    """A server on loopback."""
    hooks = HookServer()
    if tls is not None:
        tls.sni_callback = lambda _socket, name, _context: hooks.names.append(name)
    server = await asyncio.start_server(hooks.serve, "127.0.0.1", 0, ssl=tls)
    hooks.port = server.sockets[0].getsockname()[1]
    try:
        yield hooks
    finally:
        server.close()
        await server.wait_closed()
