"""Whether a thousand times as many users cost anything."""

import statistics
import time
from collections.abc import Sequence

from benchmarks import wrk
from benchmarks.bootstrap import confidence
from benchmarks.client import Client, Request
from benchmarks.fleet import Fleet
from benchmarks.processes import Failed, say
from benchmarks.report import Section, at_most
from benchmarks.systems.hexkey import NO_HASH, Hexkey
from benchmarks.systems.system import PASSWORD

FEW = 1000
CONNECTIONS = 16
HEADERS = ("database", "measure", "few users", "many users", "cost: many ÷ few", "95 % interval")


def measure(fleet: Fleet) -> Section:
    """Two servers that differ in nothing but the number of rows, asked in turn."""
    many = fleet.options.many
    section = Section(
        f"{FEW:,} and {many:,} users",
        f"Two servers with {FEW:,} and {many:,} users, each with a session, asked in turn. `me`: "
        f"{CONNECTIONS} connections, tokens of users spread over the whole table. Signing in: "
        "interleaved over one connection, with a password hasher in place that does nothing.",
        HEADERS,
    )
    tokens = fleet.options.tokens
    small = fleet.hexkeys(NO_HASH, users=FEW, tokens=tokens)
    large = fleet.hexkeys(NO_HASH, users=many, tokens=tokens)
    for few, lots in zip(small, large, strict=True):
        few.give_everybody_a_session(FEW)
        lots.give_everybody_a_session(many)
        _compare_me(section, (few, lots), fleet)
        _compare_sign_in(section, (few, lots), (FEW, many), fleet.options.pairs)
    return section


def _compare_me(section: Section, both: tuple[Hexkey, Hexkey], fleet: Fleet) -> None:
    kind = both[0].database.kind
    rates: tuple[list[float], list[float]] = [], []
    with both[0].started() as first, both[1].started() as second:
        for turn in range(2 * fleet.options.rounds + 1):
            say(f"scale, me, {kind}, {turn}")
            for hexkey, server, found in zip(both, (first, second), rates, strict=True):
                figures = wrk.load(
                    server.port,
                    hexkey.me,
                    hexkey.token_file(),
                    connections=CONNECTIONS,
                    seconds=fleet.options.seconds / 2,
                )
                if turn:  # the first is the warming up
                    found.append(figures.rate)
    few, lots = map(statistics.median, rates)
    ratio = wrk.median(a / b for a, b in zip(*rates, strict=True))
    costs = f"{1e6 / few:.1f}", f"{1e6 / lots:.1f}"
    section.rows.append((kind, "me, µs each", *costs, f"{ratio:.3f}", "-"))
    section.promises.append(at_most(f"me, {kind}: cost with many users ÷ few", ratio, 1.1))


def _compare_sign_in(
    section: Section, both: tuple[Hexkey, Hexkey], users: tuple[int, int], pairs: int
) -> None:
    kind = both[0].database.kind
    say(f"scale, sign-in, {kind}")
    samples = _sign_in_times(both, users, pairs)
    few, lots = map(statistics.median, samples)
    low, high = confidence(samples, lambda medians: medians[1] / medians[0])
    costs, interval = (f"{few:.2f}", f"{lots:.2f}"), f"{low:.3f} … {high:.3f}"
    what = "sign-in outside hashing, ms"
    section.rows.append((kind, what, *costs, f"{lots / few:.3f}", interval))
    text = f"sign-in, {kind}: cost outside hashing with many users ÷ few"
    section.promises.append(at_most(text, lots / few, 1.1))


def _sign_in_times(
    both: tuple[Hexkey, Hexkey], users: tuple[int, int], pairs: int
) -> Sequence[list[float]]:
    times: tuple[list[float], list[float]] = [], []
    with (
        both[0].started() as first,
        both[1].started() as second,
        Client(first.port) as near,
        Client(second.port) as far,
    ):
        for turn in range(pairs + 5):
            found = [
                _milliseconds(client, hexkey.sign_in(_spread(turn, pairs, most), PASSWORD))
                for client, hexkey, most in zip((near, far), both, users, strict=True)
            ]
            if turn >= 5:  # the first ones open connections and prepare statements
                for value, sample in zip(found, times, strict=True):
                    sample.append(value)
    return times


def _spread(turn: int, turns: int, users: int) -> int:
    return 1 + turn * max(1, users // (turns + 5)) % users


def _milliseconds(client: Client, request: Request) -> float:
    begin = time.perf_counter()
    answer = client.send(request)
    elapsed = time.perf_counter() - begin
    if answer.status != 201:
        raise Failed(f"a sign-in was answered {answer.status}: {answer.body[:200]!r}")
    return elapsed * 1000
