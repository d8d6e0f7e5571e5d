"""One run: start everything, measure in turn, report, and leave nothing behind."""

import contextlib
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from benchmarks import options, wrk
from benchmarks.environments import HERE
from benchmarks.fleet import Fleet
from benchmarks.measures import (
    commits,
    drain,
    enumeration,
    guesses,
    mail_timing,
    me,
    refresh,
    revocation,
    scale,
    signin,
    stall,
    start,
    throttle,
)
from benchmarks.options import DATABASES, MEASURES, SYSTEMS, Options
from benchmarks.postgres import PostgresServer, postgres_server
from benchmarks.processes import GENERATOR_CORE, Failed, say
from benchmarks.report import Section, markdown, write

MEASURING: dict[str, Callable[[Fleet], Section]] = {
    "me": me.measure,
    "stall": stall.measure,
    "signin": signin.measure,
    "start": start.measure,
    "scale": scale.measure,
    "refresh": refresh.measure,
    "revocation": revocation.measure,
    "enumeration": enumeration.measure,
    "mail-timing": mail_timing.measure,
    "drain": drain.measure,
    "throttle": throttle.measure,
    "guesses": guesses.measure,
    "commits": commits.measure,
}


def main(arguments: list[str] | None = None) -> int:
    """Return 0 when everything could be measured, whatever the figures are."""
    chosen = options.parse(arguments)
    load_before = os.getloadavg()[0]
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)  # so that every `finally` runs
    with contextlib.suppress(AttributeError, OSError):
        os.sched_setaffinity(0, GENERATOR_CORE)  # servers are started with cores of their own
    try:
        wrk.ensure_installed()
        sections, failed = _measured(chosen)
    except Failed as error:
        say(f"benchmarks: {error}")
        return 1
    except KeyboardInterrupt:
        say("benchmarks: interrupted; everything that was started has ended")
        return 130
    report = markdown(sections, chosen, load_before=load_before)
    print(report)
    path = _destination(chosen, failed=failed)
    write(report, path)
    say(f"written to {path}")
    return 1 if failed else 0


def _measured(chosen: Options) -> tuple[list[Section], bool]:
    sections, failed = [], False
    with _fleet(chosen) as fleet:
        for name in MEASURES:
            if name not in chosen.only:
                continue
            begin = time.perf_counter()
            try:
                sections.append(MEASURING[name](fleet))
            except Failed as error:  # the others are still worth having
                failed = True
                say(f"{name} failed: {error}")
                sections.append(Section(name, "This could not be measured.", ("error",)))
                sections[-1].rows.append((" ".join(str(error).split())[:300],))
            say(f"{name}: {time.perf_counter() - begin:.0f} s")
    return sections, failed


@contextlib.contextmanager
def _fleet(chosen: Options) -> Iterator[Fleet]:
    with (
        tempfile.TemporaryDirectory(prefix="hexkey-bench-") as name,
        contextlib.ExitStack() as stack,
    ):
        directory = Path(name)
        directory.chmod(0o711)  # PostgreSQL runs as somebody else when we are root
        server: PostgresServer | None = None
        if "postgres" in chosen.databases and set(chosen.systems) != {"floor"}:
            server = stack.enter_context(postgres_server(directory))
        yield Fleet(chosen, directory, server)


def _destination(chosen: Options, *, failed: bool) -> Path:
    """Only a whole run may replace the record of the last one."""
    whole = (chosen.only, chosen.systems, chosen.databases) == (MEASURES, SYSTEMS, DATABASES)
    complete = whole and not chosen.quick and not failed
    return HERE / "results" / ("latest.md" if complete else "partial.md")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
