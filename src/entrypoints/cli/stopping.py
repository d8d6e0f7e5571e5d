"""Servers that end well: whoever has reached one is served."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socket import socket
from typing import Any

import uvicorn

LAST_WORDS = 0.3  # seconds that requests on their way have to arrive
UNTIL_CLOSED = 0.01  # seconds; an event loop lets go of a closed socket when it gets to it


class StoppableServer(uvicorn.Server):
    """A server for which SIGTERM and SIGINT are ways to end well, with status 0."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Hear the signals; uvicorn's own would send them again and so die of them."""
        numbers = (signal.SIGTERM, signal.SIGINT)
        before = {number: signal.signal(number, self.handle_exit) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Stop listening, hear out whoever has connected already, and only then hang up.

        uvicorn hangs up at once on a connection whose first request is still on its way, and its
        client could not know what was done. Whoever comes later is refused, and goes elsewhere.
        """
        held = [listener.dup() for listener in sockets or ()]
        for listening in self.servers:
            listening.close()
        for listener in sockets or ():
            listener.close()
        await asyncio.sleep(UNTIL_CLOSED)
        waiting = [connection for it in held for connection in _taken_at_last(it)]
        for connection in waiting:
            await asyncio.get_running_loop().connect_accepted_socket(self._protocol, connection)
        await asyncio.sleep(LAST_WORDS)
        await super().shutdown(sockets)

    def _protocol(self) -> asyncio.Protocol:
        make: Any = self.config.http_protocol_class
        protocol: asyncio.Protocol = make(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return protocol


def _taken_at_last(listener: socket) -> list[socket]:
    """Those who believe that they are connected, as the last thing before `listener` is closed.

    When nobody holds it any more, the kernel hangs up on whoever has come since the last look.
    """
    listener.setblocking(False)
    taken = []
    with suppress(OSError), listener:  # nobody waits any more
        while True:
            taken.append(listener.accept()[0])
    for connection in taken:
        connection.setblocking(False)
    return taken
