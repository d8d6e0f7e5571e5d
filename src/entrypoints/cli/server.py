"""Running the application under uvicorn: in this process, or in several."""

import asyncio
from socket import socket
from typing import Any

import uvicorn
from uvicorn.supervisors import ChangeReload

from hexkey.entrypoints.cli.garbage import spare_what_stays
from hexkey.entrypoints.cli.listening import Address, listen
from hexkey.entrypoints.cli.refusals import CommandRefused
from hexkey.entrypoints.cli.stopping import StoppableServer
from hexkey.entrypoints.cli.supervising import Supervisor, prepare_workers
from hexkey.entrypoints.cli.welcome import announce
from hexkey.entrypoints.http.app import Hexkey, create_app
from hexkey.entrypoints.settings import Settings

WORKER_SILENCE = 20  # seconds after which a worker that says nothing is replaced, on a busy machine
GRACE = 30  # seconds that requests under way have after SIGTERM

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
    "timeout_worker_healthcheck": WORKER_SILENCE,
}


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
        token = await app.container.read_setup_token()()
        announce(app.container.settings(), found, setup_token=token)
        spare_what_stays()
        await server.serve(sockets=[listener])
    finally:
        await app.runtime.stop()


def _run_supervised(
    app: Hexkey, listener: socket, found: Address, *, workers: int, reloading: bool
) -> None:
    fork_point = None if reloading else prepare_workers()
    token = asyncio.run(_rehearse(app))
    announce(app.container.settings(), found, setup_token=token)
    spare_what_stays()
    config = uvicorn.Config(_WORKER, factory=True, workers=workers, reload=reloading, **_OPTIONS)
    if fork_point is None:
        server = uvicorn.Server(config)
        ChangeReload(config, target=server.run, sockets=[listener]).run()
    else:
        Supervisor(config, [listener], fork_point=fork_point).run()


async def _rehearse(app: Hexkey) -> str | None:
    """Start and stop once: workers then find schema, secret and key, and nothing to refuse.

    Returns:
        The set-up token, as long as it is good for something.
    """
    try:
        await app.runtime.start()
        return await app.container.read_setup_token()()
    finally:
        await app.runtime.stop()
