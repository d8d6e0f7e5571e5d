"""A private PostgreSQL with durable settings, from the machine's own server binaries."""

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from benchmarks.processes import Failed, finish, free_port, pause, running

SUPERUSER = "bench"
SETTINGS = {
    "fsync": "on",  # a sign-in that is lost at a power cut would not be a fair figure
    "synchronous_commit": "on",
    "shared_buffers": "256MB",
    "max_connections": "200",
    "max_wal_size": "2GB",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
}


def server_binaries() -> Path | None:
    """Where `initdb` and `postgres` are installed, the newest version first."""
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), reverse=True
    )
    found = shutil.which("initdb")
    places = [*installed, *([Path(found).resolve().parent] if found else [])]
    return next((place for place in places if (place / "postgres").exists()), None)


class PostgresServer:
    """A running server; every system gets a database of its own in it."""

    def __init__(self, binaries: Path, port: int) -> None:
        self._binaries = binaries
        self._port = port
        self._numbers = itertools.count(1)

    @property
    def address(self) -> str:
        """User, host and port, as they stand in a URL."""
        return f"{SUPERUSER}@127.0.0.1:{self._port}"

    def create_database(self) -> str:
        """Make an empty database and return its name."""
        name = f"bench{next(self._numbers)}"
        self.psql("postgres", f"CREATE DATABASE {name}")
        return name

    def psql(self, database: str, statements: str) -> str:
        """Run statements, each in a transaction of its own, and return their bare rows."""
        done = subprocess.run(
            [str(self._binaries / "psql"), "-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1",
             f"postgresql://{self.address}/{database}"],
            input=statements, capture_output=True, text=True, timeout=900, check=False,
        )  # fmt: skip
        if done.returncode:
            raise Failed(f"psql: {done.stderr[-1500:]}")
        return done.stdout


@contextlib.contextmanager
def postgres_server(directory: Path) -> Iterator[PostgresServer]:
    """A server that lives as long as the block.

    Raises:
        Failed: if PostgreSQL is not installed.
    """
    binaries = server_binaries()
    if binaries is None:
        raise Failed("PostgreSQL's server is not installed; try --databases sqlite")
    user = "nobody" if os.geteuid() == 0 else None  # it refuses to run as root
    home = directory / "postgres"
    home.mkdir(mode=0o700)
    if user:
        os.chown(home, pwd.getpwnam(user).pw_uid, -1)
    data, port = home / "data", free_port()
    initdb = [str(binaries / "initdb"), "-D", str(data), "-U", SUPERUSER, "-A", "trust"]
    finish([*initdb, "-E", "UTF8", "--locale=C"], seconds=120, user=user, cwd=home)
    options = [f"-c{name}={value}" for name, value in SETTINGS.items()]
    command = [str(binaries / "postgres"), "-D", str(data), "-p", str(port), *options]
    log = directory / "postgres.log"
    with running(command, log=log, user=user, cwd=home, stop_signal=signal.SIGINT) as process:
        server = PostgresServer(binaries, port)
        _wait_until_it_answers(server, process)
        yield server


def _wait_until_it_answers(server: PostgresServer, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        pause(process, 0.1)
        with contextlib.suppress(Failed):
            server.psql("postgres", "SELECT 1")
            return
    raise Failed("PostgreSQL did not start within 30 s")
