"""What every system under test has in common."""

import base64
import contextlib
import hashlib
import hmac
import itertools
import json
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.client import Request, answers
from benchmarks.databases import Database
from benchmarks.processes import SERVER_CORE, Failed, free_port, pause, running

PASSWORD = "bench-Zq81-vault-runner"
WRONG_PASSWORD = "bench-Zq81-vault-walker"
SECRET = "only-for-benchmarks-0123456789abcdef-0123456789abcdef"
STARTING_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers."""

    port: int
    pid: int
    started_in: float


class System(ABC):
    """One program with one database, which can be seeded, started and asked.

    Users are numbered from 1; user `n` is called `user<n>` and all have `PASSWORD`.

    Attributes:
        name: without the database.
        wrong_turns: whose turn it is to get a wrong password; it goes on over all measures, so
            that no account collects the failures that would delay it.
        scheme: the password hash in use, as `bare_hash.py` names it; `None` for no sign-in.
    """

    name: str
    scheme: str | None = None
    me = "/users/me"

    def __init__(self, database: Database) -> None:
        self.database = database
        self.tokens: list[str] = []
        self.wrong_turns = itertools.count()

    @property
    def label(self) -> str:
        """Name and database."""
        return f"{self.name} {self.database.kind}"

    def token_file(self, most: int | None = None) -> Path:
        """A file with all tokens, or at `most` so many, one a line, for wrk."""
        path = self.database.directory / f"tokens-{most}"
        path.write_text("".join(f"{token}\n" for token in self.tokens[:most]))
        return path

    @abstractmethod
    def command(self, port: int) -> list[str]:
        """What starts one worker on `port`."""

    @abstractmethod
    def environment(self) -> dict[str, str]:
        """The whole environment it is started in."""

    @abstractmethod
    def prepare(self, *, users: int, tokens: int) -> None:
        """Fill the database with `users` and get `tokens` for the first of them."""

    @abstractmethod
    def sign_in(self, number: int, password: str) -> Request:
        """The request with which that user signs in."""

    @abstractmethod
    def subject(self, number: int) -> str:
        """What the tokens of that user must name."""

    @abstractmethod
    def ready(self) -> Request:
        """A request that is answered with 200 as soon as the server serves."""

    def who_am_i(self) -> Request:
        """The request that is measured most."""
        return Request("GET", self.me, token=self.tokens[0])

    @contextlib.contextmanager
    def started(
        self, cores: Sequence[int] = SERVER_CORE, *, first: Request | None = None
    ) -> Iterator[Server]:
        """The server, from its first good answer to the end of the block.

        Args:
            first: the request that must be answered with 200; `ready()` when absent.

        Raises:
            Failed: with the end of its log, if it does not come up.
        """
        port, log = free_port(), self.database.directory / "server.log"
        command, first = self.command(port), first or self.ready()
        begin = time.perf_counter()
        with running(
            command,
            log=log,
            cores=cores,
            env=self.environment(),
            cwd=self.database.directory,
            stop_signal=signal.SIGTERM,
        ) as process:
            try:
                _await_answer(process, port, first)
            except Failed as error:
                raise Failed(f"{self.label}: {error}\n{log.read_text()[-2000:]}") from None
            yield Server(port, process.pid, time.perf_counter() - begin)


def _await_answer(process: subprocess.Popen[bytes], port: int, first: Request) -> None:
    deadline = time.perf_counter() + STARTING_SECONDS
    while not answers(port, first, within=STARTING_SECONDS):
        pause(process, 0.002)
        if time.perf_counter() > deadline:
            raise Failed("no good answer in time")


def hs256(claims: dict[str, object]) -> str:
    """A token as the peers sign theirs, so that nobody has to sign in a thousand times."""
    head = _segment({"alg": "HS256", "typ": "JWT"})
    body = _segment(claims)
    mac = hmac.digest(SECRET.encode(), f"{head}.{body}".encode(), hashlib.sha256)
    return f"{head}.{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def subject_of(token: str) -> str:
    """Whom a token names; its signature is not our business here."""
    body = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return str(claims["sub"])


def _segment(value: dict[str, object]) -> str:
    text = json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()
