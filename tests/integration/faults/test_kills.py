"""RF-01, TK-05, TK-08, LG-02: a server killed in the middle of refreshes forgets nothing."""

import asyncio
import random
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select

from hexkey.adapters.sql.audit_tables import audit_events
from hexkey.adapters.sql.engine import make_engine
from hexkey.adapters.sql.tables import sessions
from hexkey.application.audit.context import hashed_session
from hexkey.domain.audit.event import AuditType
from hexkey.domain.identifiers import SessionId
from tests.support.faults_families import Client, settings_for, signed_in, verify
from tests.support.faults_http import Refused
from tests.support.faults_ledger import Ledger, rounds
from tests.support.server import Server, free_port, running_server

pytestmark = pytest.mark.anyio

CLIENTS = 96  # so many that none rotates more often than a chain allows
AT_ONCE = 12


class TestAKilledServer:
    async def test_rf_01_tk_08_has_done_each_refresh_or_not_at_all(
        self, database_url: str, tmp_path: Path
    ) -> None:
        ledger = Ledger(f"RF-01 {database_url.partition(':')[0]}")
        clients = await signed_in(database_url, CLIENTS)
        chance, port = random.Random(8), free_port()

        for _ in range(rounds(2)):
            begun = time.monotonic()
            with running_server(settings_for(database_url), folder=tmp_path, port=port) as server:
                ledger.restarts.append(time.monotonic() - begun)
                await verify(database_url, clients, ledger)
                await repeat_what_is_in_doubt(server, clients, ledger)
                ledger.recovery.append(time.monotonic() - begun)
                await kill_in_the_middle(server, clients, ledger, after=chance.uniform(0.05, 0.4))

        await verify(database_url, clients, ledger)
        assert await unequal_refreshes(database_url) == {}
        ledger.close()


async def unequal_refreshes(database_url: str) -> dict[str, tuple[int, int]]:
    """LG-02: sessions that were refreshed more or less often than is written down."""
    engine = make_engine(database_url)
    try:
        async with engine.connect() as connection:
            rows = await connection.execute(select(sessions.c.id, sessions.c.refresh_live))
            done = {hashed_session(SessionId(each)): live - 1 for each, live in rows.all()}
            number = func.count()
            written = select(audit_events.c.session_hash, number).where(
                audit_events.c.type == AuditType.SESSION_REFRESHED.value
            )
            told = await connection.execute(written.group_by(audit_events.c.session_hash))
            counted = {session: int(events) for session, events in told.all()}
    finally:
        await engine.dispose()
    assert sum(counted.values()) > 0
    return {
        session: (times, counted.get(session, 0))
        for session, times in done.items()
        if times != counted.get(session, 0)
    }


async def repeat_what_is_in_doubt(server: Server, clients: list[Client], ledger: Ledger) -> None:
    """A lost answer is given again: old or new is usable, never none (TK-04)."""
    for client in clients:
        if client.in_doubt:
            assert await client.refresh(server.port, ledger) in (200, 429)


async def kill_in_the_middle(
    server: Server, clients: list[Client], ledger: Ledger, *, after: float
) -> None:
    async def traffic(mine: list[Client]) -> None:
        while True:
            for client in mine:
                if await client.refresh(server.port, ledger) is None:
                    return

    async def gone(mine: list[Client]) -> None:
        try:
            await traffic(mine)
        except Refused:
            return

    running = [asyncio.create_task(gone(clients[n::AT_ONCE])) for n in range(AT_ONCE)]
    await asyncio.sleep(after)
    server.kill()
    await asyncio.gather(*running)
