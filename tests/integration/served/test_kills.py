"""LG-02: a server that is killed leaves no change without its message, and none the other way."""

import asyncio
import random
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.support.faults_families import engine_of, settings_for
from tests.support.faults_http import Lost, Refused, ask
from tests.support.faults_ledger import Ledger, rounds
from tests.support.faults_people import Person
from tests.support.server import free_port, run_program, running_server

pytestmark = pytest.mark.anyio

AT_ONCE = 4
HOOK = "https://hooks.example.com/hexkey"
_numbers = count(1)


class TestAKilledServer:
    async def test_lg_02_rf_01_has_told_exactly_what_it_has_done(
        self, database_url: str, tmp_path: Path
    ) -> None:
        """LG-02, RF-01: change ⇔ event, and no acknowledged change is lost."""
        ledger = Ledger(f"LG-02 {database_url.partition(':')[0]}")
        env = {**settings_for(database_url), "HEXKEY_WORKER": "false"}
        assert run_program("webhooks", "add", HOOK, folder=tmp_path, env=env).returncode == 0
        chance, port = random.Random(4), free_port()
        for _ in range(rounds(2)):
            with running_server(env, folder=tmp_path, port=port) as server:
                people = [await Person.registered(port) for _ in range(AT_ONCE)]
                tokens = [(await it.sign_in(port)).access_token for it in people]
                changing = [asyncio.create_task(change(it, port, ledger)) for it in tokens]
                await asyncio.sleep(chance.uniform(0.5, 1.5))
                server.kill()
                acknowledged = await asyncio.gather(*changing)
            for person, number in zip(people, acknowledged, strict=True):
                await compare(database_url, person, number, ledger)
        ledger.close()


async def change(token: str, port: int, ledger: Ledger) -> int:
    """Change the profile again and again; how often that was acknowledged."""
    acknowledged = 0
    try:
        while True:
            body = {"full_name": f"Number {next(_numbers)}"}
            answer = await ask(port, "PATCH", "/users/me", body, token=token)
            acknowledged += answer.status == 200
            ledger.acknowledged += answer.status == 200
    except (Lost, Refused):
        ledger.unanswered += 1
        return acknowledged


async def compare(url: str, person: Person, acknowledged: int, ledger: Ledger) -> None:
    """Every change is a version; every version but the first was told once."""
    told = text("SELECT count(*) FROM outbox WHERE kind = 'user.updated' AND user_id = :id")
    version = text("SELECT version FROM users WHERE id = :id")
    async with engine_of(url) as engine, engine.connect() as connection:
        events = (await connection.execute(told, {"id": person.id})).scalar_one()
        changes = (await connection.execute(version, {"id": person.id})).scalar_one() - 1
    if events != changes:
        ledger.broken.append(f"{person.name}: {changes} changes, {events} events")
    ledger.lost += max(0, acknowledged - changes)
