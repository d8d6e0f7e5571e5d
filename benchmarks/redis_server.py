"""A private Redis on loopback that stores nothing."""

import contextlib
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import Failed, free_port, pause, running


@dataclass(frozen=True, slots=True)
class RedisServer:
    """A running server."""

    port: int
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        """As `HEXKEY_REDIS_URL` wants it."""
        return f"redis://127.0.0.1:{self.port}/0"

    def kill(self) -> None:
        """End it as a crash would; whoever is connected is hung up on."""
        self.process.kill()
        self.process.wait(10)


@contextlib.contextmanager
def redis_server(directory: Path) -> Iterator[RedisServer]:
    """A server that lives as long as the block.

    Raises:
        Failed: if neither Redis nor Valkey is installed.
    """
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        raise Failed("Redis is not installed; `apt-get install redis-server`")
    port = free_port()
    command = [program, "--bind", "127.0.0.1", "--port", str(port), "--save", ""]
    with running([*command, "--appendonly", "no"], log=directory / "redis.log") as process:
        server = RedisServer(port, process)
        _wait_until_it_answers(server)
        yield server


def _wait_until_it_answers(server: RedisServer) -> None:
    for _ in range(100):
        pause(server.process, 0.05)
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", server.port), 1) as connection,
        ):
            connection.sendall(b"PING\r\n")
            if connection.recv(16).startswith(b"+PONG"):
                return
    raise Failed("Redis did not start within 5 s")
