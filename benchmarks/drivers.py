# ruff: noqa: SLF001 - it measures what the adapters do inside
"""Which database drivers are quickest on our own statements.

Run `python -m benchmarks.drivers` from the root of a checkout. Every driver runs the SQL that
SQLAlchemy compiles from Hexkey's statements, through SQLAlchemy, one unit of work at a time; the
rounds of all drivers are interleaved, so that what else the machine does hits all of them alike.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple

import uvloop
from sqlalchemy import Engine, create_engine, event, insert
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from hexkey.adapters.sql import engine as ours
from hexkey.adapters.sql import schema
from hexkey.adapters.sql.engine import autocommitting, make_engine
from hexkey.adapters.sql.session_rows import row_from as session_row
from hexkey.adapters.sql.signed_in import _FIND as SIGNED_IN
from hexkey.adapters.sql.tables import sessions, user_roles
from hexkey.adapters.sql.tables import users as user_table
from hexkey.adapters.sql.user_directory import _BY_USERNAME as USER
from hexkey.adapters.sql.user_rows import row_from, user_from
from hexkey.adapters.sql.users import _FIND as USER_BY_ID
from hexkey.adapters.sql.users import _LOCK as LOCK
from hexkey.domain.access import ADMIN
from hexkey.domain.accounts.user import User
from hexkey.domain.sessions.session import Session
from tests.support.builders import a_session, a_user
from tests.support.postgres import running_cluster

USERS = 1000
ROUNDS = 9
UNITS = 200

Deed = Callable[[int], Awaitable[None]]


class Contestant(NamedTuple):
    name: str
    deeds: dict[str, Deed]


class Data(NamedTuple):
    users: list[User]
    sessions: list[Session]


def on_async(name: str, engine: AsyncEngine, data: Data) -> Contestant:
    single = autocommitting(engine)
    locks = engine.dialect.name == "postgresql"

    async def signed_in(number: int) -> None:
        async with single.connect() as connection:
            session = data.sessions[number % USERS].id
            user_from((await connection.execute(SIGNED_IN, {"session": session})).all())

    async def user(number: int) -> None:
        async with single.connect() as connection:
            key = f"user-{number % USERS}"
            user_from((await connection.execute(USER, {"value": key})).all())

    async def sign_in(number: int) -> None:
        turn = ours.turn_of(engine) or nullcontext()
        async with turn, engine.connect() as connection:
            await connection.begin()
            who = data.users[number % USERS]
            if locks:
                await connection.execute(LOCK, {"id": who.id})
            user_from((await connection.execute(USER_BY_ID, {"id": who.id})).all())
            await connection.execute(insert(sessions), session_row(a_session(user=who)))
            await connection.commit()

    return Contestant(name, {"signed-in read": signed_in, "user look-up": user, "sign-in": sign_in})


def on_threads(name: str, engine: Engine, threads: ThreadPoolExecutor, data: Data) -> Contestant:
    """The synchronous driver, with one hop to a thread for each unit of work."""
    single = engine.execution_options(**{ours._AUTOCOMMIT: True})

    def signed_in(number: int) -> None:
        with single.connect() as connection:
            session = data.sessions[number % USERS].id
            user_from(connection.execute(SIGNED_IN, {"session": session}).all())

    def user(number: int) -> None:
        with single.connect() as connection:
            user_from(connection.execute(USER, {"value": f"user-{number % USERS}"}).all())

    def sign_in(number: int) -> None:
        with engine.connect() as connection:
            connection.begin()
            who = data.users[number % USERS]
            user_from(connection.execute(USER_BY_ID, {"id": who.id}).all())
            connection.execute(insert(sessions), session_row(a_session(user=who)))
            connection.commit()

    def hop(deed: Callable[[int], None]) -> Deed:
        async def run(number: int) -> None:
            await asyncio.get_running_loop().run_in_executor(threads, deed, number)

        return run

    return Contestant(
        name,
        {"signed-in read": hop(signed_in), "user look-up": hop(user), "sign-in": hop(sign_in)},
    )


async def fill(url: str) -> Data:
    """Migrate and fill a database."""
    engine = make_engine(url)
    await schema.upgrade(engine)
    users = [
        a_user(username=f"user-{n}", email=f"user-{n}@example.com", roles=frozenset((ADMIN,)))
        for n in range(USERS)
    ]
    opened = [a_session(user=user) for user in users]
    async with engine.connect() as connection:
        await connection.execute(insert(user_table), [row_from(user) for user in users])
        await connection.execute(
            insert(user_roles), [{"user_id": user.id, "role": ADMIN} for user in users]
        )
        await connection.execute(insert(sessions), [session_row(each) for each in opened])
        await connection.commit()
    await engine.dispose()
    return Data(users, opened)


async def race(contestants: list[Contestant]) -> dict[tuple[str, str, int], float]:
    """Microseconds for each unit of work: the median of interleaved rounds."""
    samples: dict[tuple[str, str, int], list[float]] = {}
    for round_ in range(ROUNDS + 1):
        for clients in (1, 16):
            for what in contestants[0].deeds:
                for contestant in contestants:
                    took = await timed(contestant.deeds[what], clients)
                    if round_:  # the first one warms everybody up
                        samples.setdefault((contestant.name, what, clients), []).append(took)
    return {key: statistics.median(values) * 1e6 for key, values in samples.items()}


async def timed(deed: Deed, clients: int) -> float:
    async def client(first: int) -> None:
        for number in range(first, UNITS, clients):
            await deed(number)

    began = time.perf_counter()
    await asyncio.gather(*map(client, range(clients)))
    return (time.perf_counter() - began) / UNITS


@asynccontextmanager
async def sqlite_contestants(folder: Path) -> AsyncIterator[list[Contestant]]:
    url = f"sqlite:///{folder / 'hexkey.db'}"
    data = await fill(url)
    default = make_engine(url)
    synchronous = create_engine(url, pool_size=4, max_overflow=0)
    event.listen(synchronous, "connect", ours._set_up_sqlite)
    event.listen(synchronous, "begin", ours._begin_sqlite)
    with ThreadPoolExecutor(4) as threads:
        yield [
            on_async("aiosqlite", default, data),
            on_threads("sqlite3, a hop a unit", synchronous, threads, data),
        ]
    synchronous.dispose()
    await default.dispose()


@asynccontextmanager
async def postgres_contestants(url: str) -> AsyncIterator[list[Contestant]]:
    data = await fill(url)
    default = make_engine(url)
    psycopg = create_async_engine(
        url.replace("postgresql://", "postgresql+psycopg://"), pool_size=10, max_overflow=0
    )
    yield [on_async("asyncpg", default, data), on_async("psycopg 3", psycopg, data)]
    await psycopg.dispose()
    await default.dispose()


def table(results: dict[tuple[str, str, int], float], names: list[str]) -> str:
    lines = [
        f"| µs a unit of work | clients | {' | '.join(names)} |",
        "|---" * (2 + len(names)) + "|",
    ]
    for what, clients in dict.fromkeys((key[1], key[2]) for key in results):
        figures = [results[name, what, clients] for name in names]
        cells = [f"{figure:.0f} ({figure / figures[0]:.2f})" for figure in figures]
        lines.append(f"| {what} | {clients} | {' | '.join(cells)} |")
    return "\n".join(lines)


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with sqlite_contestants(Path(folder)) as contestants:
            print(table(await race(contestants), [each.name for each in contestants]), "\n")
    for durable in (True, False):
        print(f"PostgreSQL with fsync={'on' if durable else 'off'}")
        with running_cluster(durable=durable) as cluster:
            async with postgres_contestants(cluster.url) as contestants:
                print(table(await race(contestants), [each.name for each in contestants]), "\n")


if __name__ == "__main__":
    uvloop.run(main())
