"""How long a session that was ended on one process is still believed on another."""

import contextlib
import itertools
import math
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.client import Client, Request
from benchmarks.fleet import Fleet
from benchmarks.processes import CORES, Failed, say
from benchmarks.redis_server import redis_server
from benchmarks.report import Section, at_most
from benchmarks.systems.hexkey import NO_HASH, Hexkey
from benchmarks.systems.system import PASSWORD

REVOCATIONS, QUICK_REVOCATIONS = 200, 40
USERS = 50  # few sessions each: the 101st would end the oldest
BOUND = 1.0  # seconds
AT_MOST = 5.0  # seconds until a session that is still believed counts as never refused
# A process on PostgreSQL believes what it remembers for one second only, until it has followed the
# log for 20 s; from then on it is the follower alone that makes a revocation arrive.
SETTLING = {"sqlite": 2.0, "postgres": 23.0}
LONGEST_PAUSE = 0.6  # seconds; longer than the follower's poll, so that all its phases are met
HEADERS = ("database", "notifier", "revocations", "p50 ms", "p99 ms", "slowest ms")


@dataclass(frozen=True, slots=True)
class _Two:
    """Two processes on one database."""

    here: Client
    there: Client


Act = Callable[[_Two, Request, str], None]


def measure(fleet: Fleet) -> Section:
    """Each notifier in turn; with Redis also after Redis was killed."""
    section = Section(
        "Revocation on another process",
        "Two processes on one database; a session that both have just answered for is ended on "
        "one (`DELETE /sessions/current` and `/sessions/{id}` in turn). The time is from the "
        "arrival of that 204 to the arrival of the first 401 for `GET /users/me` on the other one, "
        "which is asked without a pause.",
        HEADERS,
    )
    for system in fleet.hexkeys(NO_HASH, users=USERS):
        own = "LISTEN/NOTIFY" if system.database.kind == "postgres" else "none (polling)"
        with _two(system) as two:
            _add(section, system, own, two, fleet)
        if system.database.kind == "postgres":
            _with_redis(section, system, fleet)
    return section


def _with_redis(section: Section, system: Hexkey, fleet: Fleet) -> None:
    with redis_server(system.database.directory) as redis:
        system.settings["HEXKEY_REDIS_URL"] = redis.url
        with _two(system) as two:
            _add(section, system, "Redis", two, fleet)
            redis.kill()
            _add(section, system, "Redis, killed", two, fleet)
    del system.settings["HEXKEY_REDIS_URL"]


@contextlib.contextmanager
def _two(system: Hexkey) -> Iterator[_Two]:
    with (
        system.started(CORES) as here,
        system.started(CORES) as there,
        Client(here.port) as one,
        Client(there.port) as other,
    ):
        threading.Event().wait(SETTLING[system.database.kind])
        yield _Two(one, other)


def _add(section: Section, system: Hexkey, notifier: str, two: _Two, fleet: Fleet) -> None:
    say(f"revocation: {system.label}, {notifier}")
    phases, users = random.Random(7), itertools.cycle(range(1, USERS + 1))
    acts = itertools.cycle((_sign_out, _end_by_id))
    delays = []
    for _ in range(QUICK_REVOCATIONS if fleet.options.quick else REVOCATIONS):
        sign_in = system.sign_in(next(users), PASSWORD)
        delays.append(_delay(two, sign_in, next(acts), phases.uniform(0, LONGEST_PAUSE)))
    delays.sort()
    times = [_quantile(delays, 0.5), _quantile(delays, 0.99), delays[-1]]
    shown = (f"{1000 * seconds:,.1f}" for seconds in times)
    section.rows.append((system.database.kind, notifier, str(len(delays)), *shown))
    text = f"revocation, {system.database.kind}, {notifier}: p99 until another process refuses"
    section.promises.append(at_most(text, times[1], BOUND, " s"))


def _delay(two: _Two, sign_in: Request, act: Act, phase: float) -> float:
    """Seconds from the acknowledged end to the first refusal; infinite if there is none."""
    token = _answered(two.here, sign_in, 201)["access_token"]
    me = Request("GET", "/users/me", token=token)
    remembered_until = time.perf_counter() + phase
    while time.perf_counter() < remembered_until:
        _answered(two.here, me, 200)
        _answered(two.there, me, 200)
    act(two, sign_in, token)
    ended = time.perf_counter()
    while time.perf_counter() - ended < AT_MOST:
        if two.there.send(me).status == 401:  # Unauthorized
            return time.perf_counter() - ended
    return math.inf


def _sign_out(two: _Two, _: Request, token: str) -> None:
    _answered(two.here, Request("DELETE", "/sessions/current", token=token), 204)


def _end_by_id(two: _Two, sign_in: Request, token: str) -> None:
    """From another session of the same user, as when a phone was lost."""
    lost = _answered(two.here, Request("GET", "/sessions", token=token), 200)["items"]
    (current,) = (item["id"] for item in lost if item["current"])
    other = _answered(two.here, sign_in, 201)["access_token"]
    _answered(two.here, Request("DELETE", f"/sessions/{current}", token=other), 204)


def _answered(client: Client, request: Request, status: int) -> Any:
    answer = client.send(request)
    if answer.status != status:
        raise Failed(f"{request.method} {request.path} was answered {answer.status}")
    return answer.json() if answer.body else None


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The least of `ordered` that at least that share does not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
