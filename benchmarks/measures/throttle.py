"""What counting attempts costs a sign-in, outside hashing."""

import contextlib
import time
from collections.abc import Iterator
from http import HTTPStatus

from benchmarks.client import Client
from benchmarks.fleet import Fleet
from benchmarks.processes import SERVER_CORE, Failed, say
from benchmarks.report import Section, at_most
from benchmarks.systems.hexkey import NO_HASH, Hexkey
from benchmarks.systems.system import PASSWORD
from benchmarks.wrk import median

RULES = ("DEVICE", "ACCOUNT", "NETWORK", "TOTAL")
HEADERS = ("system", "sign-ins", "without: median ms", "with: median ms", "ratio")
MOST = 1.1
WARMING = 50


def measure(fleet: Fleet) -> Section:
    """Two servers on one database take turns, sign-in by sign-in."""
    section = Section(
        "What the throttle costs",
        "The same sign-ins, one after the other, by two servers on one database: one with every "
        "rule of the throttle enforced, one with every rule off. Passwords are compared by one "
        "SHA-256, so that this is all the time outside hashing. They take turns at each sign-in.",
        HEADERS,
    )
    for system in fleet.hexkeys(NO_HASH, users=fleet.options.users):
        without, with_rules = _times(system, fleet.options.pairs * fleet.options.rounds)
        ratio = median(b / a for a, b in zip(without, with_rules, strict=True))
        figures = (f"{median(without) * 1000:.2f}", f"{median(with_rules) * 1000:.2f}")
        section.rows.append((system.label, str(len(without)), *figures, f"{ratio:.3f}"))
        if system.database.kind == "postgres":
            text = "a sign-in outside hashing with the throttle ÷ without it, PostgreSQL"
            section.promises.append(at_most(text, ratio, MOST))
    return section


def _times(system: Hexkey, pairs: int) -> tuple[list[float], list[float]]:
    """Seconds for each sign-in, without and with the rules."""
    say(f"throttle: {system.label}, {pairs} pairs")
    with _serving(system, "off") as plain, _serving(system, "enforce") as strict:
        clients = (plain, strict)
        found: tuple[list[float], list[float]] = ([], [])
        for turn in range(-WARMING, pairs):
            for which in (0, 1) if turn % 2 else (1, 0):
                seconds = _sign_in(system, clients[which], turn)
                if turn >= 0:
                    found[which].append(seconds)
    return found


def _sign_in(system: Hexkey, client: Client, turn: int) -> float:
    request, begin = system.sign_in(turn % 100 + 1, PASSWORD), time.perf_counter()
    answer = client.send(request)
    seconds = time.perf_counter() - begin
    if answer.status != HTTPStatus.CREATED:
        raise Failed(f"a sign-in was answered {answer.status}")
    return seconds


@contextlib.contextmanager
def _serving(system: Hexkey, mode: str) -> Iterator[Client]:
    names = [f"HEXKEY_THROTTLE_{rule}" for rule in RULES]
    system.settings |= dict.fromkeys(names, mode)
    try:
        with system.started(SERVER_CORE) as server, Client(server.port) as client:
            yield client
    finally:
        for name in names:
            system.settings.pop(name, None)
