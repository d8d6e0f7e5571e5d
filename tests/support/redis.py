"""A Redis server for tests: a private one, of an installed `redis-server` or `valkey-server`."""

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

_NO_REDIS = "no Redis: install redis-server or valkey-server"
_START_SECONDS = 10


class NoRedis(Exception):
    """There is no Redis to test with, and no way to start one."""


@dataclass
class RedisServer:
    """A private server on a Unix socket, gone with `remove`; it stores nothing."""

    base: Path
    program: str
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @classmethod
    def create(cls) -> "RedisServer":
        """Find the program; nothing runs yet.

        Raises:
            NoRedis: if there is none.
        """
        program = shutil.which("redis-server") or shutil.which("valkey-server")
        if program is None:
            raise NoRedis
        # A short path: the name of a Unix socket has at most 107 bytes.
        return cls(Path(tempfile.mkdtemp(prefix="hxrd-", dir="/tmp")), program)

    @property
    def url(self) -> str:
        return f"unix://{self.base}/socket"

    def start(self) -> None:
        """Return when the server answers."""
        arguments = ["--port", "0", "--unixsocket", f"{self.base}/socket", "--save", ""]
        with (self.base / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.program, *arguments, "--appendonly", "no"],
                cwd=self.base, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        for _ in range(_START_SECONDS * 50):
            if self._answers():
                return
            try:
                self._process.wait(0.02)
                break
            except subprocess.TimeoutExpired:
                continue
        raise RuntimeError((self.base / "log").read_text())

    def stop(self) -> None:
        """End the server; whoever is connected is hung up on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(timeout=_START_SECONDS)
            self._process = None

    def pause(self) -> None:
        """Let it answer nobody, and hang up on nobody."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def flush(self) -> None:
        """Make it forget everything."""
        with Redis.from_url(self.url) as client:
            client.flushall()

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def remove(self) -> None:
        """End the server and delete what it left."""
        self.stop()
        shutil.rmtree(self.base, ignore_errors=True)

    def _answers(self) -> bool:
        client = Redis.from_url(self.url, retry=None, retry_on_timeout=False)
        try:
            return bool(client.ping())
        except (RedisError, OSError):
            return False
        finally:
            client.close()


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    """A private server that ends with the block.

    Raises:
        NoRedis: if there is no program to start.
    """
    server = RedisServer.create()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A server that a test may stop, if it starts it again."""
    try:
        with running_redis() as server:
            yield server
    except NoRedis:
        pytest.skip(_NO_REDIS)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    missing = [report for report in skipped if _NO_REDIS in str(report.longrepr)]
    if missing:
        terminalreporter.write_sep("!", "REDIS WAS NOT TESTED", red=True, bold=True)
        terminalreporter.write_line(f"{len(missing)} tests were skipped: {_NO_REDIS}", red=True)
