"""RF-08, RF-09, RF-28: a database that takes no writes, or is not what it should be."""

import asyncio
import os
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from subprocess import PIPE
from typing import Any

import asyncpg
import pytest

from hexkey.adapters.sql.engine import BUSY_TIMEOUT
from tests.support.faults_families import Client, settings_for, signed_in, verify
from tests.support.faults_http import ask, eventually
from tests.support.faults_ledger import Ledger
from tests.support.faults_people import Person
from tests.support.processes import is_served, program
from tests.support.server import free_port, run_program, running_server

pytestmark = pytest.mark.anyio

SECONDS = BUSY_TIMEOUT.total_seconds()


class TestAReadOnlyDatabase:
    @pytest.mark.postgres
    async def test_rf_08_refuses_what_must_be_written_and_serves_the_rest(
        self, postgres_url: str, tmp_path: Path
    ) -> None:
        ledger = Ledger("RF-08 read-only postgresql")
        clients = await signed_in(postgres_url, 8)
        with running_server(settings_for(postgres_url), folder=tmp_path) as server:
            for client in clients:
                await client.refresh(server.port, ledger)
            person = await Person.registered(server.port)
            token = (await person.sign_in(server.port)).access_token

            await _set_read_only(postgres_url, "on")
            try:
                refused = await person.try_to_sign_in(server.port, "a wrong guess")
                assert (refused.status, refused.code) == (503, "service_unavailable")
                assert 1 <= int(refused.headers["retry-after"]) <= 30
                assert [await it.refresh(server.port, ledger) for it in clients] == [503] * 8
                assert (await ask(server.port, "GET", "/users/me", token=token)).status == 200
                assert (await ask(server.port, "GET", "/.well-known/jwks.json")).status == 200
                ready = await ask(server.port, "GET", "/readyz")
                assert ready.status == 503
                assert "database: read_only" in ready.body
            finally:
                await _set_read_only(postgres_url, "off")
            begun = time.monotonic()
            # At first: a connection that is just being ended may still be taken for a good one.
            await eventually(partial(_all_refresh, server.port, clients, ledger), within=10)
            ledger.recovery.append(time.monotonic() - begun)
        await verify(postgres_url, clients, ledger)
        ledger.close()


async def _set_read_only(url: str, value: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        name = await connection.fetchval("SELECT current_database()")
        await connection.execute("SET default_transaction_read_only = off")
        await connection.execute(
            f"ALTER DATABASE {name} SET default_transaction_read_only = {value}"
        )
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    finally:
        await connection.close()


class TestAReadOnlyFile:
    async def test_rf_08_is_told_of_and_written_to_by_nobody(
        self, sqlite_path: Path, tmp_path: Path
    ) -> None:
        """RF-08: its mode has changed. Connections that are open write on, as POSIX has it."""
        if os.geteuid() == 0 and shutil.which("setpriv") is None:
            pytest.skip("no setpriv, and to root every file is writable")
        ledger, url, port = (
            Ledger("RF-08 read-only SQLite"),
            f"sqlite:///{sqlite_path}",
            free_port(),
        )
        clients = await signed_in(url, 24)
        serve = partial(_served_without_privileges, port, tmp_path, settings_for(url))
        async with serve():
            assert await clients[0].refresh(port, ledger) == 200
            _set_mode(sqlite_path, 0o444)
            try:
                statuses = await asyncio.gather(*(it.refresh(port, ledger) for it in clients))
                assert set(statuses) <= {200, 503}
                ready = await ask(port, "GET", "/readyz")
                assert (ready.status, "database: read_only" in ready.body) == (503, True)
                assert (await ask(port, "GET", "/livez")).status == 200
                started = program(*_serving(free_port(), tmp_path, settings_for(url)), stderr=PIPE)
                _, told = await asyncio.to_thread(started.communicate, timeout=30)
            finally:
                _set_mode(sqlite_path, 0o644)
            begun = time.monotonic()
            await eventually(partial(_all_refresh, port, clients, ledger), within=10)
            ledger.recovery.append(time.monotonic() - begun)
        await verify(url, clients, ledger)
        ledger.close()
        assert started.returncode == 1
        assert b"read-only" in told


async def _all_refresh(port: int, clients: Sequence[Client], ledger: Ledger) -> bool:
    return {await it.refresh(port, ledger) for it in clients} == {200}


def _set_mode(path: Path, mode: int) -> None:
    """Of the file, and of what SQLite keeps beside it."""
    for it in path.parent.glob(f"{path.name}*"):
        it.chmod(mode)


def _serving(port: int, folder: Path, settings: Mapping[str, str]) -> Sequence[Any]:
    drop = ("setpriv", "--inh-caps=-dac_override", "--bounding-set=-dac_override")
    prefix = drop if os.geteuid() == 0 else ()
    return (f"serve --port {port}", folder / "run", settings, *prefix)


@asynccontextmanager
async def _served_without_privileges(
    port: int, folder: Path, settings: Mapping[str, str]
) -> AsyncIterator[None]:
    process = program(*_serving(port, folder, settings))
    try:
        await eventually(lambda: is_served(port), within=60)
        yield
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 30)


class TestAHeldLock:
    async def test_rf_09_is_waited_for_and_then_a_503(
        self, sqlite_path: Path, tmp_path: Path
    ) -> None:
        url, ledger = f"sqlite:///{sqlite_path}", Ledger("RF-09 SQLite held by another process")
        clients = await signed_in(url, 8)
        (tmp_path / "run").mkdir()
        with running_server(settings_for(url), folder=tmp_path / "run") as server:
            for client in clients:
                assert await client.refresh(server.port, ledger) == 200
            other = sqlite3.connect(sqlite_path, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")

            async def one(number: int) -> int | None:
                begun = time.monotonic()
                status = await clients[number].refresh(server.port, ledger)
                ledger.took(begun)
                return status

            try:
                statuses = await asyncio.gather(*map(one, range(len(clients))))
                assert set(statuses) == {503}
                assert (await ask(server.port, "GET", "/livez")).status == 200
            finally:
                other.execute("ROLLBACK")
                other.close()
            begun = time.monotonic()
            assert {await it.refresh(server.port, ledger) for it in clients} == {200}
            ledger.recovery.append(time.monotonic() - begun)
            assert "database is locked" not in server.log
        await verify(url, clients, ledger)
        ledger.close()
        assert ledger.slowest < 2 * SECONDS + 2


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "no database": lambda octets: b"this is no database" * 400,
    "a broken header": lambda octets: bytes(100) + octets[100:],
    "cut in the middle": lambda octets: octets[: len(octets) // 2],
    "a broken page": lambda octets: octets[:4096] + b"\xff" * 4096 + octets[8192:],
}


class TestADamagedDatabase:
    @pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
    def test_rf_28_is_not_served(
        self, damage: Callable[[bytes], bytes], sqlite_path: Path, tmp_path: Path
    ) -> None:
        sqlite_path.write_bytes(damage(sqlite_path.read_bytes()))

        done = run_program(
            "serve", "--port", "0", folder=tmp_path, env=settings_for(f"sqlite:///{sqlite_path}")
        )

        assert done.returncode == 1
        assert "damaged" in done.stderr or "not an SQLite database" in done.stderr

    @pytest.mark.parametrize("revision", ["9999", "", "0000"])
    def test_rf_28_of_another_version_is_not_served(
        self, revision: str, sqlite_path: Path, tmp_path: Path
    ) -> None:
        with sqlite3.connect(sqlite_path) as database:
            database.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        database.close()

        done = run_program(
            "serve", "--port", "0", folder=tmp_path, env=settings_for(f"sqlite:///{sqlite_path}")
        )

        assert done.returncode == 1
        assert "(storage_unusable)" in done.stderr
