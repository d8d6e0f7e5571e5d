"""The processes of a server, which may be several."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.faults_families import Client
from tests.support.faults_http import Lost, Refused, ask
from tests.support.faults_ledger import Ledger
from tests.support.server import _PROGRAM, Server, environment


def children(parent: int) -> list[int]:
    """Of any process; none if it is gone."""
    try:
        found = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    except OSError:
        return []
    return [int(it) for it in found.split()]


def processes(server: Server) -> list[int]:
    """All that it has begun, however far down."""
    found = [server.process.pid]
    for process in found:
        found += children(process)
    return found


def fork_point(server: Server) -> int:
    """The process that its workers come from."""
    (found,) = (it for it in children(server.process.pid) if b"forkserver" in _command(it))
    return found


def workers(server: Server) -> list[int]:
    """Those of its processes that serve, in no order: the others only look after them."""
    return children(fork_point(server))


def is_there(process: int) -> bool:
    """Whether it runs: not when it has ended and nobody has noticed."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


async def have_started(server: Server, count: int) -> bool:
    """Whether so many workers have ever come up."""
    return server.log.count("Application startup complete") >= count


async def refresh_until(
    over: asyncio.Event, server: Server, clients: Sequence[Client], ledger: Ledger
) -> None:
    """Traffic, one request after the other."""
    while not over.is_set():
        for client in clients:
            begun = time.monotonic()
            try:
                await client.refresh(server.port, ledger)
            except Refused:
                ledger.broken.append("nobody listened")
            ledger.took(begun)
            await asyncio.sleep(0.02)


def program(
    command: str, folder: Path, settings: Mapping[str, str], *prefix: str, stderr: int | None = None
) -> "subprocess.Popen[bytes]":
    """`hexkey` with what `command` says, run by what `prefix` says."""
    folder.mkdir(exist_ok=True)
    return subprocess.Popen(
        [*prefix, sys.executable, *_PROGRAM, *command.split()],
        cwd=folder, env=environment(folder, settings), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=stderr,
    )  # fmt: skip


async def is_served(port: int) -> bool:
    """Whether a server answers there."""
    try:
        return (await ask(port, "GET", "/livez")).status == 200
    except (Refused, Lost):
        return False


def _command(process: int) -> bytes:
    return Path(f"/proc/{process}/cmdline").read_bytes()
