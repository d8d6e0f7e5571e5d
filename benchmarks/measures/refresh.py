"""Refreshes per second, against the durable commits of the bare driver in the same run."""

import asyncio
import itertools
import threading
import time
from collections import Counter

import asyncpg

from benchmarks.client import Client, Request
from benchmarks.fleet import Fleet
from benchmarks.processes import Failed, say
from benchmarks.report import Section, at_least
from benchmarks.systems.hexkey import NO_HASH, Hexkey
from benchmarks.systems.system import PASSWORD
from benchmarks.wrk import median

CONNECTIONS = 16
SESSIONS = 2000  # take turns, because one session may refresh 16 times in ten seconds
HEADERS = ("system", "refreshes/s", "bare commits/s", "ratio", "answers")

_ROW = "CREATE TABLE IF NOT EXISTS bare (id int PRIMARY KEY, number int)"
_FILL = f"INSERT INTO bare SELECT g, 0 FROM generate_series(1, {SESSIONS}) g ON CONFLICT DO NOTHING"
_COMMIT = "UPDATE bare SET number = number + 1 WHERE id = $1"


def measure(fleet: Fleet) -> Section:
    """Both loads in turn, on PostgreSQL, over as many connections."""
    section = Section(
        "POST /sessions/refresh",
        f"{CONNECTIONS} connections and {SESSIONS:,} sessions; the bare driver updates one row and "
        "commits, durably, on the same server.",
        HEADERS,
    )
    for system in fleet.hexkeys(NO_HASH, users=fleet.options.users):
        if system.database.kind != "postgres":
            continue
        rates, bare, answers = [], [], Counter[str]()
        with system.started() as server:
            tokens = _signed_in(system, server.port)
            for turn in range(fleet.options.rounds):
                say(f"refresh, round {turn + 1}: {system.label}")
                bare.append(asyncio.run(_commits(system.database.url(), fleet.options.seconds)))
                rates.append(_refreshes(server.port, tokens, fleet.options.seconds, answers))
        ratio = median(a / b for a, b in zip(rates, bare, strict=True))
        counts = ", ".join(f"{number} {kind}" for kind, number in sorted(answers.items()))
        row = (
            system.label,
            f"{median(rates):,.0f}",
            f"{median(bare):,.0f}",
            f"{ratio:.2f}",
            counts,
        )
        section.rows.append(row)
        text = f"refreshes over {CONNECTIONS} connections ÷ durable commits of the bare driver"
        section.promises.append(at_least(text, ratio, 0.5))
    return section


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
