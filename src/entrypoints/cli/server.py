"""Running the application under uvicorn: in this process, or in several."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socket import socket
from typing import Any

import uvicorn
from uvicorn.supervisors import ChangeReload, Multiprocess

from hexkey.entrypoints.cli.garbage import spare_what_stays
from hexkey.entrypoints.cli.listening import Address, listen
from hexkey.entrypoints.cli.refusals import CommandRefused
from hexkey.entrypoints.cli.welcome import announce
from hexkey.entrypoints.http.app import Hexkey, create_app
from hexkey.entrypoints.settings import Settings

GRACE = 30  # seconds that requests under way have after SIGTERM
LAST_WORDS = 0.3  # seconds that requests on their way have to arrive

_WORKER = "hexkey.entrypoints.cli.worker:make_app"
_STOPPED_BY_FORCE = 130  # as after a SIGINT that nobody catches
_OPTIONS: dict[str, Any] = {
    "http": "hexkey.entrypoints.http.server_protocol:GuardedProtocol",
    "ws": "none",
    "lifespan": "on",
    "log_config": None,  # ours
    "access_log": False,  # uvicorn's shows the query
    "server_header": False,
    # uvicorn would believe `X-Forwarded-For` of whoever calls from this machine.
    "proxy_headers": False,
    "forwarded_allow_ips": "",
    "timeout_keep_alive": 5,
    "timeout_graceful_shutdown": GRACE,
}


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
        waiting = [connection for it in sockets or () for connection in _not_yet_accepted(it)]
        for listening in self.servers:
            listening.close()
        for listener in sockets or ():
            listener.close()
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


def _not_yet_accepted(listener: socket) -> Iterator[socket]:
    """Those who believe that they are connected: the kernel would hang up on them."""
    listener.setblocking(False)
    with suppress(OSError):  # nobody waits any more
        while True:
            connection, _ = listener.accept()
            connection.setblocking(False)
            yield connection


def run_server(settings: Settings, address: Address, *, workers: int, reloading: bool) -> None:
    """Serve until told to stop.

    Raises:
        CommandRefused: if it cannot be done like this; nothing was made or changed.
        BadConfiguration, StorageUnusable, UnusableKey, TemporarilyUnavailable: if the application
            refuses to start.
    """
    _ensure_possible(settings, workers=workers, reloading=reloading)
    listener, found = listen(address)
    with listener:
        app = create_app(settings)
        if workers > 1 or reloading:
            _run_supervised(app, listener, found, workers=workers, reloading=reloading)
        else:
            _run_here(app, listener, found)


def _ensure_possible(settings: Settings, *, workers: int, reloading: bool) -> None:
    if reloading and settings.in_production:
        raise CommandRefused("not_in_production", "--reload is not for production.")
    if reloading and workers > 1:
        raise CommandRefused("one_worker_only", "--reload serves with one worker only.")
    if settings.storage == "memory" and (workers > 1 or reloading):
        raise CommandRefused(
            "storage_of_one_process",
            "HEXKEY_DATABASE_URL is memory://, which lasts as long as one process and cannot be "
            "shared: serve with one worker and without --reload.",
        )


def _run_here(app: Hexkey, listener: socket, found: Address) -> None:
    server = StoppableServer(uvicorn.Config(app, **_OPTIONS))
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(serve_here(app, server, listener, found))
    if server.force_exit:
        raise SystemExit(_STOPPED_BY_FORCE)


async def serve_here(app: Hexkey, server: uvicorn.Server, listener: socket, found: Address) -> None:
    """Serve with an application that is started here and stopped when `server` is done."""
    try:
        await app.runtime.start()  # here, where a refusal is still a sentence
        announce(app.container.settings(), found)
        spare_what_stays()
        await server.serve(sockets=[listener])
    finally:
        await app.runtime.stop()


def _run_supervised(
    app: Hexkey, listener: socket, found: Address, *, workers: int, reloading: bool
) -> None:
    asyncio.run(_rehearse(app))
    announce(app.container.settings(), found)
    config = uvicorn.Config(_WORKER, factory=True, workers=workers, reload=reloading, **_OPTIONS)
    if reloading:
        server = uvicorn.Server(config)
        ChangeReload(config, target=server.run, sockets=[listener]).run()
    else:
        Multiprocess(config, sockets=[listener]).run()


async def _rehearse(app: Hexkey) -> None:
    """Start and stop once: workers then find schema, secret and key, and nothing to refuse."""
    try:
        await app.runtime.start()
    finally:
        await app.runtime.stop()
