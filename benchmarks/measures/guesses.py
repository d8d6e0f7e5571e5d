"""How many of 200 guesses that two servers get at once are looked at."""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http import HTTPStatus

from benchmarks.client import ask_once
from benchmarks.fleet import ARGON2ID, Fleet
from benchmarks.processes import CORES, Failed, say
from benchmarks.report import Section, at_most
from benchmarks.systems.hexkey import Hexkey
from benchmarks.systems.system import WRONG_PASSWORD

GUESSES = 200
# Failures that a network, and that all networks together, have at one account: docs/decisions/0013.
LIMITS = {"one network": 5, f"{GUESSES} networks": 100}
MORE = 10
HEADERS = ("system", "from", "answers", "compared (audit trail)", "limit", "seconds")
_REFUSED = "SELECT count(*) FROM audit_events WHERE type = 'sign_in.refused'"
_ALL = _REFUSED.replace("= 'sign_in.refused'", "IN ('sign_in.refused', 'sign_in.throttled')")
_BUSY = HTTPStatus.SERVICE_UNAVAILABLE  # too many stand in line already
_PATIENCE = 10  # seconds for the servers to write down what they refused


def measure(fleet: Fleet) -> Section:
    """Two servers on one database, real hashes, each guess on a connection of its own."""
    section = Section(
        "Guesses made at once",
        f"{GUESSES} wrong passwords for one account at the same time, half of them at each of two "
        "servers on one database, with argon2id. A guess that was compared is answered 401 and is "
        "in the audit trail as `sign_in.refused`; one that was not, 429 and `sign_in.throttled`, "
        "or 503 where too many stand in line.",
        HEADERS,
    )
    for system in fleet.hexkeys(ARGON2ID, users=fleet.options.users):
        for user, (origin, limit) in enumerate(LIMITS.items(), start=1):
            say(f"guesses: {system.label}, {origin}")
            _add(section, system, user, origin, limit)
    return section


def _add(section: Section, system: Hexkey, user: int, origin: str, limit: int) -> None:
    system.settings["HEXKEY_TRUSTED_PROXIES"] = "127.0.0.1"
    before, all_before = system.database.number(_REFUSED), system.database.number(_ALL)
    with _two(system) as ports:
        begun = time.perf_counter()
        answers = _guessed(system, ports, user, spread=origin != "one network")
        seconds = time.perf_counter() - begun
        _wait_for_trail(system, all_before + answers.total() - answers[_BUSY])
    compared = max(system.database.number(_REFUSED) - before, answers[HTTPStatus.UNAUTHORIZED])
    shown = ", ".join(f"{number} {status}" for status, number in sorted(answers.items()))
    figures = (str(compared), str(limit), f"{seconds:.1f}")
    section.rows.append((system.label, origin, shown, *figures))
    text = f"{GUESSES} guesses at once at one account, {system.database.kind}, {origin}: compared"
    section.promises.append(at_most(text, compared, limit + MORE))


@contextlib.contextmanager
def _two(system: Hexkey) -> Iterator[tuple[int, int]]:
    with system.started(CORES) as one, system.started(CORES) as other:
        yield one.port, other.port


def _guessed(
    system: Hexkey, ports: tuple[int, int], user: int, *, spread: bool
) -> Counter[HTTPStatus]:
    gate = threading.Barrier(GUESSES)

    def guess(number: int) -> HTTPStatus:
        address = f"198.51.100.{number % 250 + 1}" if spread else "198.51.100.1"
        request = replace(system.sign_in(user, WRONG_PASSWORD), sent_for=address)
        gate.wait()
        return HTTPStatus(ask_once(ports[number % 2], request).status)

    with ThreadPoolExecutor(GUESSES) as pool:
        answers = Counter(pool.map(guess, range(GUESSES)))
    if unknown := set(answers) - {HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS, _BUSY}:
        raise Failed(f"guesses were answered {sorted(unknown)}")
    return answers


def _wait_for_trail(system: Hexkey, events: int) -> None:
    end = time.monotonic() + _PATIENCE
    while system.database.number(_ALL) < events:
        if time.monotonic() > end:
            raise Failed("the audit trail does not have every refusal")
        threading.Event().wait(0.2)
