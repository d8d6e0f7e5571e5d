"""Refreshes per second, against the durable commits of the bare driver in the same run."""

import asyncio
import itertools
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import asyncpg

from benchmarks.client import Client, Request
from benchmarks.fleet import Fleet
from benchmarks.processes import CORES, SERVER_CORE, Failed, say
from benchmarks.report import Section, at_least
from benchmarks.systems.hexkey import NO_HASH, Hexkey
from benchmarks.systems.system import PASSWORD
from benchmarks.wrk import median

CONNECTIONS = 16
SESSIONS = 2000  # take turns, because one session may refresh 16 times in ten seconds
HEADERS = ("system", "workers", "refreshes/s", "bare commits/s", "ratio", "answers")

_ROW = "CREATE TABLE IF NOT EXISTS bare (id int PRIMARY KEY, number int)"
_FILL = f"INSERT INTO bare SELECT g, 0 FROM generate_series(1, {SESSIONS}) g ON CONFLICT DO NOTHING"
_COMMIT = "UPDATE bare SET number = number + 1 WHERE id = $1"


@dataclass(slots=True)
class _Turns:
    """What the rounds gave, with as many workers."""

    refreshes: list[float] = field(default_factory=list)
    commits: list[float] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)


def measure(fleet: Fleet) -> Section:
    """Both loads in turn, on PostgreSQL, over as many connections."""
    section = Section(
        "POST /sessions/refresh",
        f"{CONNECTIONS} connections and {SESSIONS:,} sessions; the bare driver updates one row and "
        "commits, durably, on the same server. One worker has one core; several have all of them, "
        "with PostgreSQL and the clients.",
        HEADERS,
    )
    for system in fleet.hexkeys(NO_HASH, users=fleet.options.users):
        if system.database.kind == "postgres":
            for workers in dict.fromkeys((1, len(CORES))):
                _add(section, system, workers, _turns(system, workers, fleet))
            section.remarks.append(_shared(system, fleet.options.seconds))
    return section


def _turns(system: Hexkey, workers: int, fleet: Fleet) -> _Turns:
    turns, seconds, system.workers = _Turns(), fleet.options.seconds, workers
    with system.started(SERVER_CORE if workers == 1 else CORES) as server:
        tokens = _signed_in(system, server.port)
        for turn in range(fleet.options.rounds):
            say(f"refresh, round {turn + 1}: {system.label}, {workers} worker(s)")
            turns.commits.append(asyncio.run(_commits(system.database.url(), seconds)))
            turns.refreshes.append(_refreshes(server.port, tokens, seconds, turns.answers))
    system.workers = 1
    return turns


def _add(section: Section, system: Hexkey, workers: int, turns: _Turns) -> None:
    ratio = median(a / b for a, b in zip(turns.refreshes, turns.commits, strict=True))
    counts = ", ".join(f"{number} {kind}" for kind, number in sorted(turns.answers.items()))
    figures = f"{median(turns.refreshes):,.0f}", f"{median(turns.commits):,.0f}", f"{ratio:.2f}"
    section.rows.append((system.label, str(workers), *figures, counts))
    text = (
        f"refreshes over {CONNECTIONS} connections, {workers} worker(s) ÷ durable commits of the "
        "bare driver"
    )
    section.promises.append(at_least(text, ratio, 0.5))


def _shared(system: Hexkey, seconds: float) -> str:
    """Whether the bare commits are what they seem: PostgreSQL lets several share one `fsync`."""
    url = system.database.url()
    before = asyncio.run(_synced(url))
    commits = asyncio.run(_commits(url, seconds)) * seconds
    syncs = asyncio.run(_synced(url)) - before
    return (
        "The bare commits are durable (`fsync` and `synchronous_commit` are on): PostgreSQL wrote "
        f"its log through to the disk {syncs:,} times for {commits:,.0f} commits, so "
        f"{commits / max(1, syncs):.1f} of them shared one."
    )


async def _synced(url: str) -> int:
    """How often the log was written through to the disk, since the server's start."""
    connection = await asyncpg.connect(url)
    try:
        # Every process reports what it did at its end, or at the latest after a second.
        await asyncio.sleep(1.5)
        return int(await connection.fetchval("SELECT wal_sync FROM pg_stat_wal"))
    finally:
        await connection.close()


def _signed_in(system: Hexkey, port: int) -> list[str]:
    """The refresh tokens of as many sessions."""
    found = []
    with Client(port) as client:
        for number in range(SESSIONS):
            answer = client.send(system.sign_in(number % 100 + 1, PASSWORD))
            if answer.status not in {200, 201}:
                raise Failed(f"a sign-in was answered {answer.status}")
            found.append(answer.json()["refresh_token"])
    return found


def _refreshes(port: int, tokens: list[str], seconds: float, answers: Counter[str]) -> float:
    """Answers of 200 a second; `tokens` holds the latest ones afterwards."""
    turns, lock, end = itertools.cycle(range(len(tokens))), threading.Lock(), time.perf_counter()
    end += seconds
    good = 0

    def refresh() -> None:
        nonlocal good
        with Client(port) as client:
            while time.perf_counter() < end:
                with lock:
                    turn = next(turns)
                body = {"refresh_token": tokens[turn]}
                answer = client.send(Request("POST", "/sessions/refresh", body))
                with lock:
                    answers[str(answer.status)] += 1
                    good += answer.status == 200  # OK
                if answer.status == 200:  # OK
                    tokens[turn] = answer.json()["refresh_token"]

    people = [threading.Thread(target=refresh, daemon=True) for _ in range(CONNECTIONS)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    return good / seconds


async def _commits(url: str, seconds: float) -> float:
    """Single-row commits a second of asyncpg."""
    pool = await asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS)
    await pool.execute(_ROW)
    await pool.execute(_FILL)
    turns, done, end = itertools.cycle(range(1, SESSIONS + 1)), 0, time.perf_counter() + seconds

    async def commit() -> None:
        nonlocal done
        async with pool.acquire() as connection:
            statement = await connection.prepare(_COMMIT)
            while time.perf_counter() < end:
                await statement.fetch(next(turns))
                done += 1

    await asyncio.gather(*(commit() for _ in range(CONNECTIONS)))
    await pool.close()
    return done / seconds
