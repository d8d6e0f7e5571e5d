"""RF-02, RF-26, RF-32: what befalls the processes themselves, and what they write to."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.faults_families import settings_for, signed_in, verify
from tests.support.faults_http import ask, eventually, whoami
from tests.support.faults_ledger import Ledger, p99
from tests.support.processes import children, is_served, program
from tests.support.server import Server, free_port, running_server

pytestmark = pytest.mark.anyio


class TestTwoInstances:
    async def test_rf_26_ra_06_share_a_database_from_its_first_moment(
        self, empty_database_url: str, tmp_path: Path
    ) -> None:
        """RF-26, RA-06: one of them makes the schema, and each knows what the other did."""
        ledger = Ledger(f"RF-26 {empty_database_url.partition(':')[0]}")
        settings = settings_for(empty_database_url) | {"HEXKEY_PUBLIC_URL": "http://127.0.0.1:1"}
        if empty_database_url.startswith("postgres"):
            migrations = [program("migrate", tmp_path / f"m{n}", settings) for n in range(2)]
            assert [it.wait(60) for it in migrations] == [0, 0]
        with ExitStack() as stack:
            begun = time.monotonic()
            servers = await asyncio.gather(*(started(settings, tmp_path / n, stack) for n in "ab"))
            ledger.recovery.append(time.monotonic() - begun)
            clients = await signed_in(empty_database_url, 40)
            for turn in range(4):
                for client in clients:
                    status = await client.refresh(servers[turn % 2].port, ledger)
                    if status != 200:
                        ledger.broken.append(f"refused with {status}")
            for client in clients[:10]:
                token = client.access_tokens[-1]
                found = {await whoami(it.port, token) for it in servers}
                if found != {200}:
                    ledger.broken.append("the two disagree about a token")
        await verify(empty_database_url, clients, ledger)
        ledger.close()


async def started(settings: dict[str, str], folder: Path, stack: ExitStack) -> Server:
    await asyncio.to_thread(folder.mkdir)
    running = running_server(settings, folder=folder)
    return await asyncio.to_thread(stack.enter_context, running)


class TestALogThatNobodyReads:
    async def test_rf_32_stops_no_request(self, sqlite_path: Path, tmp_path: Path) -> None:
        """RF-32: the collector hangs, the pipe to it is full, and more is written to it."""
        ledger, port = Ledger("RF-32 blocked log"), free_port()
        settings = settings_for(f"sqlite:///{sqlite_path}") | {"HEXKEY_ACCESS_LOG": "true"}
        process = program(
            f"serve --port {port}", tmp_path / "run", settings, stderr=subprocess.PIPE
        )
        try:
            await eventually(lambda: is_served(port), within=60)
            took = []
            for _ in range(1200):  # a line each; a pipe takes 64 KiB
                begun = time.monotonic()
                assert (await ask(port, "GET", "/livez")).status == 200
                took.append(time.monotonic() - begun)
                ledger.took(begun)
                ledger.acknowledged += 1
        finally:
            process.send_signal(signal.SIGTERM)
            _, unread = await asyncio.to_thread(process.communicate, timeout=30)

        ledger.remarks.append(f"p99 {p99(took) * 1000:.0f} ms, {len(unread)} octets in the pipe")
        ledger.close()
        assert process.returncode == 0
        assert len(unread) >= 40_000, "the pipe was full"
        assert ledger.slowest < 1


class TestDurability:
    async def test_rf_02_syncs_the_disk_at_every_commit(
        self, sqlite_path: Path, tmp_path: Path
    ) -> None:
        """RF-02: counted by the kernel, because a killed process cannot tell."""
        strace = shutil.which("strace")
        if strace is None:
            pytest.skip("no strace")
        ledger, port, trace = Ledger("RF-02 sqlite"), free_port(), tmp_path / "trace"
        url = f"sqlite:///{sqlite_path}"
        process = program(
            *(f"serve --port {port}", tmp_path / "run", settings_for(url)),
            *(strace, "-f", "-qq", "-e", "trace=fsync,fdatasync", "-o", str(trace)),
        )
        try:
            await eventually(lambda: is_served(port), within=90)
            clients = await signed_in(url, 40)
            before = syncs(trace)
            for client in clients:
                assert await client.refresh(port, ledger) == 200
            after = syncs(trace)
        finally:
            process.send_signal(signal.SIGTERM)
            for child in children(process.pid):
                os.kill(child, signal.SIGTERM)
            process.wait(30)

        ledger.remarks.append(f"{after - before} syncs for {ledger.acknowledged} commits")
        ledger.close()
        assert after - before >= ledger.acknowledged

    @pytest.mark.postgres
    async def test_rf_02_warns_of_a_server_that_may_lose_what_it_acknowledged(
        self, postgres_url: str, tmp_path: Path
    ) -> None:
        """RF-02: the one of the tests is such a server."""
        with running_server(settings_for(postgres_url), folder=tmp_path) as server:
            (line,) = [it for it in server.log.splitlines() if "may lose" in it]

        assert "fsync = off, full_page_writes = off, synchronous_commit = off" in line


def syncs(trace: Path) -> int:
    return len(re.findall(r"\b(?:fsync|fdatasync)\(", trace.read_text()))
