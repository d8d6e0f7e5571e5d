"""A line to a server that can be slow, and that can swallow everything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit


@dataclass
class SlowLine:
    """Forwards what goes to `port`, on loopback.

    Attributes:
        delay: seconds before each piece that goes to the server is handed on.
        is_whole: cleared while everything disappears, in both directions and without a sound.
    """

    target: int
    port: int = 0
    delay: float = 0.0
    is_whole: asyncio.Event = field(default_factory=asyncio.Event)

    def instead_of(self, url: str) -> str:
        """`url`, by this line."""
        parts = urlsplit(url)
        netloc = f"{parts.username or 'postgres'}@127.0.0.1:{self.port}"
        return urlunsplit(parts._replace(netloc=netloc))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        await self.is_whole.wait()
        onward = await asyncio.open_connection("127.0.0.1", self.target)
        await asyncio.gather(
            self._pump(reader, onward[1], slowed=True), self._pump(onward[0], writer, slowed=False)
        )

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, slowed: bool
    ) -> None:
        with suppress(OSError):
            while piece := await reader.read(65536):
                await asyncio.sleep(self.delay if slowed else 0)
                await self.is_whole.wait()
                writer.write(piece)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def slow_line(target: int) -> AsyncIterator[SlowLine]:
    """A line that is in order, until it is told otherwise."""
    line = SlowLine(target)
    line.is_whole.set()
    server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    line.port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        server.close()
