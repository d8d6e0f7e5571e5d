"""`GET /users/me` with a valid token: the request that every page and every service makes."""

from collections import defaultdict

from benchmarks import wrk
from benchmarks.fleet import Fleet
from benchmarks.processes import say
from benchmarks.report import Promise, Section, at_least, at_most
from benchmarks.systems.system import System

ONE, MANY = "one token", "many tokens"
POINTS = ((ONE, 1), (ONE, 16), (ONE, 64), (MANY, 64))
HEADERS = (
    "system", "tokens", "connections", "requests/s", "÷ floor", "p50 ms", "p99 ms", "p99 ÷ floor's",
    "faults",
)  # fmt: skip
Point = tuple[str, int]
Found = dict[tuple[str, Point], wrk.Figures]


def measure(fleet: Fleet) -> Section:
    """One worker on one core, the generator on another."""
    section = Section(
        "GET /users/me",
        f"One worker on one core, wrk on another; *{MANY}*: those of {fleet.options.tokens:,} "
        "users take turns. Faults are answers from 400 on and broken connections.",
        HEADERS,
    )
    systems = fleet.everybody()
    found = _found(fleet, systems)
    for system in systems:
        section.rows += [_row(system.label, point, found) for point in POINTS]
    section.promises = [
        promise
        for system in systems
        if system.name == "hexkey"
        for promise in _promises(system.database.kind, found)
    ]
    return section


def _found(fleet: Fleet, systems: list[System]) -> Found:
    seen: dict[tuple[str, Point], list[wrk.Figures]] = defaultdict(list)
    for turn in range(fleet.options.rounds):
        for system in systems:
            say(f"me, round {turn + 1}: {system.label}")
            for point, figures in _visit(system, fleet.options.seconds).items():
                seen[system.label, point].append(figures)
    return {key: wrk.Figures.median(several) for key, several in seen.items()}


def _visit(system: System, seconds: float) -> dict[Point, wrk.Figures]:
    with system.started() as server:
        many, one = system.token_file, system.one_token_file
        wrk.load(server.port, system.me, many, connections=16, seconds=1)  # warm
        return {
            (tokens, connections): wrk.load(
                server.port,
                system.me,
                one if tokens == ONE else many,
                connections=connections,
                seconds=seconds,
            )
            for tokens, connections in POINTS
        }


def _row(label: str, point: Point, found: Found) -> tuple[str, ...]:
    figures, floor = found[label, point], found.get(("floor", point))
    return (
        label,
        point[0],
        str(point[1]),
        f"{figures.rate:,.0f}",
        f"{figures.rate / floor.rate:.3f}" if floor else "-",
        f"{figures.p50_ms:.2f}",
        f"{figures.p99_ms:.2f}",
        f"{figures.p99_ms / floor.p99_ms:.2f}" if floor else "-",
        str(figures.refused + figures.broken),
    )


def _promises(kind: str, found: Found) -> list[Promise]:
    promises = []
    for point in POINTS[2:]:
        where = f"me, {kind}, {point[1]} connections, {point[0]}"
        hexkey = found[f"hexkey {kind}", point]
        if floor := found.get(("floor", point)):
            promises.append(at_least(f"{where}: rate ÷ floor's", hexkey.rate / floor.rate, 0.6))
            ratio = hexkey.p99_ms / floor.p99_ms
            promises.append(at_most(f"{where}: p99 ÷ floor's", ratio, 3))
        if peer := found.get((f"fastapi-users {kind}", point)):
            ratio = hexkey.rate / peer.rate
            promises.append(at_least(f"{where}: rate ÷ fastapi-users'", ratio, 6))
        faults = hexkey.refused + hexkey.broken
        promises.append(at_most(f"{where}: faults", faults, 0))
    return promises
