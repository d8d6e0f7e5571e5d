"""Cold start on an existing database, and memory when nothing happens."""

import statistics
from collections import defaultdict

from benchmarks.client import Client
from benchmarks.fleet import Fleet
from benchmarks.processes import CORES, resident_mib, say
from benchmarks.report import Section, at_most
from benchmarks.systems.system import System

STARTS_PER_ROUND = 3
A_FEW = 50  # requests, so that everything is loaded that serving needs
HEADERS = ("system", "cold start s (median)", "cold start s (slowest)", "idle resident MiB")


def measure(fleet: Fleet) -> Section:
    """From the start of the process to the first `GET /users/me` that is answered with 200."""
    section = Section(
        "Cold start and memory",
        "From the start of the process to the first `me` answered with 200, on an existing "
        f"database; resident memory after {A_FEW} requests, with all child processes (one worker).",
        HEADERS,
    )
    systems = fleet.everybody()
    seen: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for turn in range(fleet.options.rounds * STARTS_PER_ROUND):
        for system in systems:
            say(f"start {turn + 1}: {system.label}")
            seen[system.label].append(_visit(system))
    for system in systems:
        seconds, memory = zip(*seen[system.label], strict=True)
        typical, resident = statistics.median(seconds), statistics.median(memory)
        section.rows.append(
            (system.label, f"{typical:.2f}", f"{max(seconds):.2f}", f"{resident:.0f}")
        )
        if system.name == "hexkey":
            kind = system.database.kind
            section.promises += [
                at_most(f"cold start, {kind}", typical, 1, " s"),
                at_most(f"idle memory of a worker, {kind}", resident, 100, " MiB"),
            ]
    return section


def _visit(system: System) -> tuple[float, float]:
    with system.started(CORES, first=system.who_am_i()) as server:
        with Client(server.port) as client:
            for _ in range(A_FEW):
                client.send(system.who_am_i())
        return server.started_in, resident_mib(server.pid)
