"""Mail servers for measures: one that takes everything, one that never answers."""

import contextlib
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.environments import HERE
from benchmarks.processes import SERVER_CORE, Failed, free_port, pause, plain_environment, running

STARTING_SECONDS = 30
_AWHILE = threading.Event()  # nobody sets it


@contextlib.contextmanager
def mail_server(directory: Path, *, hangs: bool = False) -> Iterator[int]:
    """The port of a server that lives as long as the block."""
    with _sink(directory / "sink.log", ["--hang"] if hangs else []) as port:
        yield port


@contextlib.contextmanager
def counting(
    directory: Path, most: int, *, keep: Path | None = None
) -> Iterator[tuple[int, "Tally"]]:
    """A server that ends after `most` mails, and then tells how long they took."""
    log = directory / "tally.log"
    log.unlink(missing_ok=True)
    options = ["--most", str(most), *(["--keep", str(keep)] if keep else [])]
    with _sink(log, options) as port:
        yield port, Tally(log)


@dataclass(frozen=True, slots=True)
class Tally:
    """What a counting server has counted."""

    log: Path

    def rate(self, sender: "subprocess.Popen[bytes]", *, within: float) -> float:
        """Mails a second, once all have come.

        Raises:
            Failed: if they do not come within so many seconds, or the sender has failed.
        """
        deadline = time.perf_counter() + within
        while not (lines := self.log.read_text().splitlines()):
            if time.perf_counter() > deadline or sender.poll():
                raise Failed("not all mails have come")
            _AWHILE.wait(0.05)
        found = json.loads(lines[-1])
        return float((found["mails"] - 1) / found["seconds"])


@contextlib.contextmanager
def _sink(log: Path, options: Sequence[str]) -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.smtp_sink", str(port), *options]
    environment = plain_environment(PYTHONPATH=str(HERE.parent))
    with running(command, log=log, cores=SERVER_CORE, env=environment) as process:
        deadline = time.perf_counter() + STARTING_SECONDS
        while not _listens(port):
            pause(process, 0.02)
            if time.perf_counter() > deadline:
                raise Failed("the mail server does not listen")
        yield port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
