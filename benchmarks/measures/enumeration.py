"""EN-02: an unknown login name and a wrong password take the same time, strictly."""

import statistics
import time

from benchmarks.bootstrap import confidence
from benchmarks.client import Client, Request
from benchmarks.fleet import ARGON2ID, CHEAPEST_BCRYPT, Fleet
from benchmarks.processes import Failed, say
from benchmarks.report import Promise, Section
from benchmarks.systems.hexkey import Hexkey
from benchmarks.systems.system import WRONG_PASSWORD

LEAST_BOUND_MS = 2.0
RELATIVE_BOUND = 0.05
HEADERS = (
    "system", "stored hashes", "pairs", "known, wrong password: median ms", "unknown: median ms",
    "Δ median ms", "95 % interval ms", "bound ms",
)  # fmt: skip


def measure(fleet: Fleet) -> Section:
    """Interleaved pairs; every known account is used once, so that no delay answers first."""
    section = Section(
        "EN-02: unknown name or wrong password?",
        "Pairs of attempts over one connection, in alternating order, each known account once "
        "(the delays after failures must not answer for the hash). *Mixed*: half of the accounts, "
        "and all that are tried, have a hash of an older scheme. Bound: max(2 ms, 5 %), with a "
        "95 % bootstrap interval.",
        HEADERS,
    )
    for hexkey in fleet.hexkeys(CHEAPEST_BCRYPT, users=2 * fleet.options.pairs):
        _add(section, hexkey, "one scheme", fleet.options.pairs)
        hexkey.age(ARGON2ID, users=fleet.options.pairs)
        _add(section, hexkey, "mixed", fleet.options.pairs)
    return section


def _add(section: Section, hexkey: Hexkey, stored: str, pairs: int) -> None:
    say(f"enumeration: {hexkey.label}, {stored}")
    known, unknown = _timed(hexkey, pairs)
    low, high = confidence((known, unknown), lambda medians: medians[1] - medians[0])
    medians = statistics.median(known), statistics.median(unknown)
    bound = max(LEAST_BOUND_MS, RELATIVE_BOUND * medians[0])
    interval = f"{low:+.2f} … {high:+.2f}"
    section.rows.append(
        (
            hexkey.label,
            stored,
            str(pairs),
            f"{medians[0]:.2f}",
            f"{medians[1]:.2f}",
            f"{medians[1] - medians[0]:+.2f}",
            interval,
            f"{bound:.2f}",
        )
    )
    text = f"EN-02, {hexkey.database.kind}, {stored}: Δ median (ms), 95 % interval"
    holds = max(abs(low), abs(high)) <= bound
    section.promises.append(Promise(text, interval, f"± {bound:.2f}", holds))


def _timed(hexkey: Hexkey, pairs: int) -> tuple[list[float], list[float]]:
    times: dict[bool, list[float]] = {True: [], False: []}
    with hexkey.started() as server, Client(server.port) as client:
        for number in range(1, pairs + 1):
            order = (True, False) if number % 2 else (False, True)
            for known in order:
                times[known].append(_milliseconds(client, _attempt(hexkey, number, known=known)))
    return times[True], times[False]


def _attempt(hexkey: Hexkey, number: int, *, known: bool) -> Request:
    request = hexkey.sign_in(number, WRONG_PASSWORD)
    if known:
        return request
    body = {"login": f"none{number}", "password": WRONG_PASSWORD}  # as long as the known one
    return Request("POST", request.path, body=body)


def _milliseconds(client: Client, request: Request) -> float:
    begin = time.perf_counter()
    answer = client.send(request)
    elapsed = time.perf_counter() - begin
    if answer.status != 401:
        raise Failed(f"an attempt that must fail was answered {answer.status}")
    return elapsed * 1000
