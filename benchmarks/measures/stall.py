"""What a storm of sign-ins does to everybody who is already signed in."""

import math
from collections import Counter, defaultdict

from benchmarks import wrk
from benchmarks.fleet import Fleet
from benchmarks.processes import say
from benchmarks.report import Section, at_most
from benchmarks.sign_in_load import SignInLoad
from benchmarks.systems.system import System

CONNECTIONS = 4  # few, so that the idle figure is the service's time and not its queue
STORM = 16
IDLE, STORMY = "idle", "storm"
HEADERS = (
    "system", "idle p50 ms", "storm p50 ms", "idle p99 ms", "storm p99 ms", "storm ÷ idle p99",
    "idle me/s", "storm me/s", "sign-ins in the storm",
)  # fmt: skip


def measure(fleet: Fleet) -> Section:
    """The same load of `me`, first alone and then while people sign in without a pause."""
    section = Section(
        "GET /users/me while people sign in",
        f"`me` over {CONNECTIONS} connections with many tokens, alone and while {STORM} people "
        "sign in permanently; one worker, and all of it on one core.",
        HEADERS,
    )
    figures: dict[tuple[str, str], list[wrk.Figures]] = defaultdict(list)
    answers: dict[str, Counter[str]] = defaultdict(Counter)
    systems = [system for system in fleet.everybody() if system.scheme]
    for turn in range(fleet.options.rounds):
        for system in systems:
            say(f"stall, round {turn + 1}: {system.label}")
            idle, stormy, counts = _visit(system, fleet)
            figures[system.label, IDLE].append(idle)
            figures[system.label, STORMY].append(stormy)
            answers[system.label] += counts
    for system in systems:
        _conclude(section, system, figures, answers[system.label])
    return section


def _visit(system: System, fleet: Fleet) -> tuple[wrk.Figures, wrk.Figures, Counter[str]]:
    with system.started() as server:

        def me(seconds: float) -> wrk.Figures:
            tokens = system.token_file()
            return wrk.load(
                server.port, system.me, tokens, connections=CONNECTIONS, seconds=seconds
            )

        me(1)
        idle = me(fleet.options.seconds)
        load = SignInLoad(system, server.port, users=fleet.options.users, wrong=False)
        with load.going_on(connections=STORM) as outcome:
            me(1)  # until the storm is at its height
            stormy = me(fleet.options.seconds)
        return idle, stormy, outcome.counts


def _conclude(
    section: Section,
    system: System,
    figures: dict[tuple[str, str], list[wrk.Figures]],
    answers: Counter[str],
) -> None:
    idle = wrk.Figures.median(figures[system.label, IDLE])
    storm = wrk.Figures.median(figures[system.label, STORMY])
    pairs = zip(figures[system.label, IDLE], figures[system.label, STORMY], strict=True)
    ratio = wrk.median(b.p99_ms / a.p99_ms if b.rate else math.inf for a, b in pairs)
    section.rows.append(
        (
            system.label,
            f"{idle.p50_ms:.2f}",
            f"{storm.p50_ms:.2f}",
            f"{idle.p99_ms:.2f}",
            f"{storm.p99_ms:.2f}",
            f"{ratio:.1f}",
            f"{idle.rate:,.0f}",
            f"{storm.rate:,.0f}",
            ", ".join(f"{n} {kind}" for kind, n in sorted(answers.items())),
        )
    )
    if system.name == "hexkey":
        where = f"me, {system.database.kind}: p99 in a storm of sign-ins ÷ idle p99"
        section.promises.append(at_most(where, ratio, 3))
