"""Sign-ins per second against what the cores can hash, and what happens beyond that."""

import statistics
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from benchmarks import bare_hash
from benchmarks.fleet import ARGON2ID, Fleet
from benchmarks.processes import CORES, finish, say
from benchmarks.report import Promise, Section, at_least
from benchmarks.sign_in_load import Outcome, SignInLoad
from benchmarks.systems.system import System

CONNECTIONS = (1, 8, 64)
TOO_MANY = 200
AIMS = {"bcrypt_sha256": 0.97, "argon2id": 0.93}
HEADERS = (
    "system", "hash", "connections", "sign-ins/s", "÷ (cores ÷ seconds per hash)",
    "÷ as many threads hashing", "median s", "answers",
)  # fmt: skip


@dataclass(slots=True)
class Found:
    """What the rounds gave for one system at one number of connections."""

    rates: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    bare_ratios: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    def add(self, outcome: Outcome, *, limit: float, bare: float) -> None:
        """Add a round, with the limits measured right before it."""
        self.rates.append(outcome.rate)
        self.ratios.append(outcome.rate / limit)
        self.bare_ratios.append(outcome.rate / bare)
        self.latencies += outcome.latencies
        self.counts += outcome.counts
        self.faults += Counter(outcome.faults)


def measure(fleet: Fleet) -> Section:
    """One worker, all cores; the hash alone is measured beside it, again and again."""
    section = Section(
        "Signing in",
        f"One worker on {len(CORES)} cores. A single connection keeps one core busy, so its limit "
        "is 1 ÷ seconds per hash. Seconds per hash: one thread hashing with nothing around it, "
        "measured right before; the other ratio is against as many threads hashing at once "
        "as there are cores (or connections), which slow each other down. "
        "fastapi-users' hash uses four threads by itself. Every 16th password is wrong and must "
        "be refused; a right one must give a token of the right user.",
        HEADERS,
    )
    hexkeys = fleet.hexkeys(ARGON2ID, users=fleet.options.users)
    systems = [each for each in fleet.everybody() if each.scheme] + hexkeys
    found: dict[tuple[str, int], Found] = defaultdict(Found)
    for turn in range(fleet.options.rounds):
        for system in systems:
            say(f"signin, round {turn + 1}: {system.label}")
            # Right before, because a shared machine is not equally fast all the time.
            bare = _bare(str(system.scheme), fleet.options.seconds / 2)
            _visit(system, fleet, bare, found)
    for system in systems:
        _conclude(section, system, found)
    return section


def _bare(scheme: str, seconds: float) -> dict[int, float]:
    """Verifications per second with nothing around them, by the number of threads."""
    rates = {}
    for threads in sorted({min(c, len(CORES)) for c in CONNECTIONS}):
        command = [sys.executable, bare_hash.__file__, scheme, str(threads), str(seconds)]
        rates[threads] = float(finish(command, seconds=seconds + 60))
    return rates


def _visit(
    system: System,
    fleet: Fleet,
    bare: dict[int, float],
    found: dict[tuple[str, int], Found],
) -> None:
    many = [*CONNECTIONS, TOO_MANY] if "hexkey" in system.name else CONNECTIONS
    with system.started(CORES) as server:
        for connections in many:
            load = SignInLoad(system, server.port, users=fleet.options.users)
            # 64 hashes at once take 6 s; the stretch must be long against that.
            outcome = load.run(connections=connections, seconds=1.5 * fleet.options.seconds)
            threads = min(connections, len(CORES))
            found[system.label, connections].add(
                outcome,
                limit=threads * bare[1],
                bare=bare[threads],
            )


def _conclude(section: Section, system: System, found: dict[tuple[str, int], Found]) -> None:
    for connections in (*CONNECTIONS, TOO_MANY):
        if (system.label, connections) not in found:
            continue
        figures = found[system.label, connections]
        section.rows.append(_row(system, connections, figures))
        if "hexkey" in system.name:
            section.promises += _promises(system, connections, figures)


def _row(system: System, connections: int, figures: Found) -> tuple[str, ...]:
    return (
        system.label,
        str(system.scheme),
        str(connections),
        f"{statistics.median(figures.rates):.2f}",
        f"{statistics.median(figures.ratios):.3f}",
        f"{statistics.median(figures.bare_ratios):.3f}",
        f"{statistics.median(figures.latencies or [float('nan')]):.3f}",
        ", ".join(f"{n} {kind}" for kind, n in sorted(figures.counts.items())),
    )


def _promises(system: System, connections: int, figures: Found) -> list[Promise]:
    family = str(system.scheme).partition("-")[0]
    where = f"sign-in, {family}, {system.database.kind}, {connections} connections"
    faults = sum(figures.faults.values())
    kept = [Promise(f"{where}: lost or answered wrongly", str(faults), "0", faults == 0)]
    if connections != TOO_MANY:
        ratio = statistics.median(figures.ratios)
        return [at_least(f"{where}: ÷ (cores ÷ seconds per hash)", ratio, AIMS[family]), *kept]
    busy = figures.counts["busy"]
    text = f"{where}: answered 503 with Retry-After"
    return [Promise(text, str(busy), "> 0", busy > 0), *kept]
