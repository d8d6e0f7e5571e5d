"""`GET /users/me` with a valid token: the request that every page and every service makes."""

from collections import defaultdict

from benchmarks import wrk
from benchmarks.fleet import Fleet
from benchmarks.processes import say
from benchmarks.report import Promise, Section, at_least, at_most
from benchmarks.systems.system import System

SOME = 100
HEADERS = (
    "system", "tokens", "connections", "requests/s", "÷ floor", "p50 ms", "p99 ms", "p99 ÷ floor's",
    "faults",
)  # fmt: skip
Point = tuple[int, int]  # tokens that take turns, and connections
Found = dict[tuple[str, Point], wrk.Figures]


def _points(tokens: int) -> list[Point]:
    """One token alone flatters every cache, so some and many take turns as well."""
    return [(1, 1), (1, 16), (1, 64), *((n, 64) for n in sorted({min(SOME, tokens), tokens}))]


def measure(fleet: Fleet) -> Section:
    """One worker on one core, the generator on another."""
    section = Section(
        "GET /users/me",
        "One worker on one core, wrk on another. With more than one token, those of as many users "
        "take turns. Faults are answers from 400 on and broken connections.",
        HEADERS,
    )
    systems, points = fleet.everybody(), _points(fleet.options.tokens)
    found = _found(fleet, systems, points)
    for system in systems:
        section.rows += [_row(system.label, point, found) for point in points]
    section.promises = [
        promise
        for system in systems
        if system.name == "hexkey"
        for promise in _promises(system.database.kind, points, found)
    ]
    return section


def _found(fleet: Fleet, systems: list[System], points: list[Point]) -> Found:
    seen: dict[tuple[str, Point], list[wrk.Figures]] = defaultdict(list)
    for turn in range(fleet.options.rounds):
        for system in systems:
            say(f"me, round {turn + 1}: {system.label}")
            for point, figures in _visit(system, points, fleet.options.seconds).items():
                seen[system.label, point].append(figures)
    return {key: wrk.Figures.median(several) for key, several in seen.items()}


def _visit(system: System, points: list[Point], seconds: float) -> dict[Point, wrk.Figures]:
    figures = {}
    with system.started() as server:
        wrk.load(server.port, system.me, system.token_file(), connections=16, seconds=1)  # warm
        for tokens, connections in points:
            file = system.token_file(tokens)
            figures[tokens, connections] = wrk.load(
                server.port, system.me, file, connections=connections, seconds=seconds
            )
    return figures


def _row(label: str, point: Point, found: Found) -> tuple[str, ...]:
    figures, floor = found[label, point], found.get(("floor", point))
    return (
        label,
        f"{point[0]:,}",
        str(point[1]),
        f"{figures.rate:,.0f}",
        f"{figures.rate / floor.rate:.3f}" if floor else "-",
        f"{figures.p50_ms:.2f}",
        f"{figures.p99_ms:.2f}",
        f"{figures.p99_ms / floor.p99_ms:.2f}" if floor else "-",
        str(figures.refused + figures.broken),
    )


def _promises(kind: str, points: list[Point], found: Found) -> list[Promise]:
    promises = []
    for point in points[2:]:
        where = f"me, {kind}, {point[1]} connections, {point[0]:,} token(s)"
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
