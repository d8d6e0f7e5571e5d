"""What counting attempts costs a sign-in, outside hashing."""

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus

from benchmarks.client import Client
from benchmarks.fleet import Fleet
from benchmarks.processes import SERVER_CORE, Failed, cpu_seconds, say
from benchmarks.report import Section, at_most
from benchmarks.systems.hexkey import NO_HASH, Hexkey
from benchmarks.systems.system import PASSWORD
from benchmarks.wrk import median

RULES = ("DEVICE", "ACCOUNT", "NETWORK", "TOTAL")
HEADERS = (
    "system", "sign-ins", "without: median ms", "with: median ms", "ratio",
    "without: CPU ms", "with: CPU ms",
)  # fmt: skip
MOST = 1.1
WARMING = 50
PAUSE = 0.02  # seconds; what a server does after its answer must not burden the other one


def measure(fleet: Fleet) -> Section:
    """Two servers on one database take turns, sign-in by sign-in."""
    section = Section(
        "What the throttle costs",
        "The same sign-ins, one after the other, by two servers on one database: one with every "
        "rule of the throttle enforced, one with every rule off. Passwords are compared by one "
        "SHA-256, so that this is all the time outside hashing. They take turns at each sign-in, "
        "with a pause after each. CPU is the processor time of the server process for a sign-in, "
        "with what it does after the answer; not that of the database.",
        HEADERS,
    )
    for system in fleet.hexkeys(NO_HASH, users=fleet.options.users):
        plain, strict = _found(system, fleet.options.pairs * fleet.options.rounds)
        pairs = zip(plain.times, strict.times, strict=True)
        ratio = median(with_rules / without for without, with_rules in pairs)
        medians = [f"{median(it.times) * 1000:.2f}" for it in (plain, strict)]
        spent = [f"{it.cpu / len(it.times) * 1000:.2f}" for it in (plain, strict)]
        section.rows.append((system.label, str(len(plain.times)), *medians, f"{ratio:.3f}", *spent))
        if system.database.kind == "postgres":
            text = "a sign-in outside hashing with the throttle ÷ without it, PostgreSQL"
            section.promises.append(at_most(text, ratio, MOST))
    return section


@dataclass(slots=True)
class _Found:
    """What was found out about one of the servers.

    Attributes:
        times: seconds for each sign-in.
        cpu: seconds that the process has spent on all of them.
    """

    client: Client
    pid: int
    times: list[float] = field(default_factory=list)
    cpu: float = 0.0


def _found(system: Hexkey, pairs: int) -> tuple[_Found, _Found]:
    """Without and with the rules."""
    say(f"throttle: {system.label}, {pairs} pairs")
    with _serving(system, "off") as plain, _serving(system, "enforce") as strict:
        both = (plain, strict)
        for turn in range(-WARMING, pairs):
            if turn == 0:
                for each in both:
                    each.cpu = -cpu_seconds(each.pid)
            for which in (0, 1) if turn % 2 else (1, 0):
                seconds = _sign_in(system, both[which].client, turn)
                if turn >= 0:
                    both[which].times.append(seconds)
                threading.Event().wait(PAUSE)
        for each in both:
            each.cpu += cpu_seconds(each.pid)
    return both


def _sign_in(system: Hexkey, client: Client, turn: int) -> float:
    request, begin = system.sign_in(turn % 100 + 1, PASSWORD), time.perf_counter()
    answer = client.send(request)
    seconds = time.perf_counter() - begin
    if answer.status != HTTPStatus.CREATED:
        raise Failed(f"a sign-in was answered {answer.status}")
    return seconds


@contextlib.contextmanager
def _serving(system: Hexkey, mode: str) -> Iterator[_Found]:
    names = [f"HEXKEY_THROTTLE_{rule}" for rule in RULES]
    system.settings |= dict.fromkeys(names, mode)
    try:
        with system.started(SERVER_CORE) as server, Client(server.port) as client:
            yield _Found(client, server.pid)
    finally:
        for name in names:
            system.settings.pop(name, None)
