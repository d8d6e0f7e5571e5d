"""RF-13: what befalls the workers of one server, and those who look after them."""

import asyncio
import os
import resource
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing, suppress
from functools import partial
from pathlib import Path

import pytest

from tests.support.faults_families import Client, settings_for, signed_in, verify
from tests.support.faults_http import Refused, ask, eventually
from tests.support.faults_ledger import Ledger, rounds, sized
from tests.support.postgres import NoPostgres, run_apart, running_cluster
from tests.support.processes import (
    fork_point,
    have_started,
    is_there,
    processes,
    refresh_until,
    workers,
)
from tests.support.server import Server, running_server

pytestmark = pytest.mark.anyio

REPLACED = sized(10, full=2)  # seconds; the promise is 2, on a machine of its own


@asynccontextmanager
async def in_traffic(
    server: Server, clients: Sequence[Client], ledger: Ledger
) -> AsyncIterator[None]:
    """Six clients at a time refresh meanwhile."""
    over = asyncio.Event()
    traffic = [
        asyncio.create_task(refresh_until(over, server, clients[n::6], ledger)) for n in range(6)
    ]
    try:
        yield
    finally:
        over.set()
        await asyncio.gather(*traffic)


async def replaced(server: Server, before: int, ledger: Ledger) -> None:
    """How long until one more worker has come up than `before`."""
    begun = time.monotonic()
    await eventually(partial(have_started, server, before + 1), within=60)
    ledger.recovery.append(time.monotonic() - begun)


def kill(process: int) -> None:
    os.kill(process, signal.SIGKILL)


async def paused(process: int, database: Path) -> bool:
    """Pause it; not in the middle of a write, or nobody could start as long as it lasts.

    Returns:
        Whether it is paused.
    """
    os.kill(process, signal.SIGSTOP)
    with closing(sqlite3.connect(database, timeout=0)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            os.kill(process, signal.SIGCONT)
            return False
        connection.rollback()
    return True


def take_its_memory(process: int) -> None:
    """Let it keep what it has, and get nothing more from the kernel."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    size = 1024 * int(next(it for it in lines if it.startswith("VmSize")).split()[1])
    _, hard = resource.prlimit(process, resource.RLIMIT_AS)
    resource.prlimit(process, resource.RLIMIT_AS, (size, hard))


class TestALostWorker:
    @pytest.mark.parametrize("fault", [kill, take_its_memory])
    async def test_rf_13_is_replaced_while_the_other_one_serves(
        self, fault: Callable[[int], None], database_url: str, tmp_path: Path
    ) -> None:
        """RF-13: killed by somebody, or in want of memory (and then it answers nonsense)."""
        ledger = Ledger(f"RF-13 {fault.__name__} {database_url.partition(':')[0]}")
        ledger.tolerates_500 = fault is take_its_memory
        clients = await signed_in(database_url, 60)
        (tmp_path / "run").mkdir()
        with running_server(
            settings_for(database_url), folder=tmp_path / "run", arguments=["--workers", "2"]
        ) as server:
            for turn in range(rounds(2)):
                await eventually(partial(have_started, server, 2 + turn), within=60)
                async with in_traffic(server, clients, ledger):
                    fault(min(workers(server)))
                    await replaced(server, 2 + turn, ledger)
            assert (await ask(server.port, "GET", "/readyz")).status == 200
        await verify(database_url, clients, ledger)
        ledger.close()
        assert ledger.slowest < 5, "the other one answers"
        assert max(ledger.recovery) < REPLACED

    async def test_rf_13_is_replaced_while_another_one_is_silent(
        self, sqlite_path: Path, tmp_path: Path
    ) -> None:
        ledger, url = Ledger("RF-13 one killed, one paused"), f"sqlite:///{sqlite_path}"
        clients = await signed_in(url, 12)
        (tmp_path / "run").mkdir()
        with running_server(
            settings_for(url), folder=tmp_path / "run", arguments=["--workers", "2"]
        ) as server:
            await eventually(partial(have_started, server, 2), within=60)
            silent, killed = workers(server)
            await eventually(partial(paused, silent, sqlite_path))
            try:
                await asyncio.sleep(1)  # it has been asked whether it is well, and does not say
                kill(killed)
                await replaced(server, 2, ledger)
                for client in clients:
                    assert await client.refresh(server.port, ledger) == 200
            finally:
                # It has been replaced, too, if all this took longer than silence may.
                with suppress(ProcessLookupError):
                    os.kill(silent, signal.SIGCONT)
        await verify(url, clients, ledger)
        ledger.close()
        assert max(ledger.recovery) < REPLACED

    @pytest.mark.postgres
    async def test_rf_13_is_replaced_again_and_again_until_there_is_a_database(
        self, tmp_path: Path
    ) -> None:
        """RF-13, RF-04: two faults at once must not end the server."""
        ledger = Ledger("RF-13 killed during an outage")
        try:
            with running_cluster() as cluster:
                run_apart(_migrated(cluster.url))
                clients = await signed_in(cluster.url, 12)
                two = ["--workers", "2"]
                with running_server(
                    settings_for(cluster.url), folder=tmp_path, arguments=two
                ) as server:
                    await eventually(partial(have_started, server, 2), within=60)
                    await asyncio.to_thread(cluster.stop, signal.SIGQUIT)
                    kill(workers(server)[0])
                    await eventually(partial(_has_died_often, server, 3), within=60)
                    assert "The database cannot be reached" in server.log
                    assert "Traceback" not in server.log
                    await asyncio.to_thread(cluster.start)
                    await replaced(server, 2, ledger)
                    for client in clients:
                        assert await client.refresh(server.port, ledger) == 200
                    assert server.stop() == 0
                await verify(cluster.url, clients, ledger)
        except NoPostgres:
            pytest.skip("no PostgreSQL: install its server")
        ledger.close()
        assert max(ledger.recovery) < 5


async def _has_died_often(server: Server, times: int) -> bool:
    return server.log.count("] died (") >= times


async def _migrated(url: str) -> None:
    from hexkey.adapters.sql import schema
    from hexkey.adapters.sql.engine import make_engine

    engine = make_engine(url)
    await schema.upgrade(engine)
    await engine.dispose()


class TestALostSupervisor:
    async def test_rf_13_leaves_no_worker_that_nobody_could_stop(self, tmp_path: Path) -> None:
        """RF-13: the port is free for the next one."""
        with running_server(folder=tmp_path, arguments=["--workers", "2"]) as server:
            await eventually(partial(have_started, server, 2), within=60)
            before = workers(server)
            kill(server.process.pid)
            await eventually(partial(_are_gone, before), within=20)
            with pytest.raises(Refused):
                await ask(server.port, "GET", "/livez")


class TestALostForkPoint:
    async def test_rf_13_is_begun_anew_with_all_its_workers(self, tmp_path: Path) -> None:
        """RF-13: those of before end, for nobody could replace them; others serve."""
        with running_server(folder=tmp_path, arguments=["--workers", "2"]) as server:
            await eventually(partial(have_started, server, 2), within=60)
            for turn in range(rounds(3)):
                before = workers(server)
                kill(fork_point(server))
                await eventually(partial(_are_gone, before), within=20)
                await eventually(partial(have_started, server, 4 + 2 * turn), within=60)
                assert (await ask(server.port, "GET", "/livez")).status == 200
            assert server.stop() == 0


async def _are_gone(before: list[int]) -> bool:
    return not any(map(is_there, before))


class TestASignalToAll:
    async def test_rf_12_ends_them_as_one_to_the_supervisor_does(self, tmp_path: Path) -> None:
        """RF-12: as a service manager does that knows only the group."""
        with running_server(folder=tmp_path, arguments=["--workers", "2"]) as server:
            await eventually(partial(have_started, server, 2), within=60)
            everybody = processes(server)
            os.kill(fork_point(server), signal.SIGTERM)
            await asyncio.sleep(1)  # a slow one: the others hear of it a second later
            for process in everybody:
                os.kill(process, signal.SIGTERM)
            status = await asyncio.to_thread(server.process.wait, 30)
            await eventually(partial(_are_gone, everybody), within=5)

        assert status == 0
        assert " died (" not in server.log
        assert server.log.count("Application shutdown complete") == 2


class TestNewCode:
    async def test_rf_12_is_imported_by_workers_that_replace_others(self, tmp_path: Path) -> None:
        """RF-12: they come from a process that began after SIGHUP; the one before is gone."""
        with running_server(folder=tmp_path, arguments=["--workers", "2"]) as server:
            await eventually(partial(have_started, server, 2), within=60)
            before = fork_point(server)
            server.process.send_signal(signal.SIGHUP)
            await eventually(partial(have_started, server, 4), within=60)
            await eventually(partial(_are_gone, [before]), within=20)

            assert fork_point(server) != before
            assert len(workers(server)) == 2
            assert (await ask(server.port, "GET", "/livez")).status == 200
