"""A real server, and somebody in it who may do everything."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hexkey.adapters.sql.store import SqlStore
from hexkey.domain.access import ADMIN, Role
from tests.support.builders import a_user
from tests.support.faults_families import engine_of, settings_for, signed_in
from tests.support.faults_http import refresh
from tests.support.server import Server, running_server

COUNT_VARIABLE = "HEXKEY_TEST_FUZZ_COUNT"
CASES_VARIABLE = "HEXKEY_TEST_FUZZ_CASES"
SEED_VARIABLE = "HEXKEY_TEST_FUZZ_SEED"


@dataclass(frozen=True)
class Target:
    """What is shot at.

    Attributes:
        database: whose server it is, to be written to directly.
    """

    server: Server
    database: str

    async def administrator(self) -> tuple[str, str]:
        """Access token and refresh token of a new one, who has just signed in."""
        now = datetime.now(UTC).replace(microsecond=0)
        admin = a_user(now=now, roles=frozenset({Role(ADMIN)}))
        async with engine_of(self.database) as engine, SqlStore(engine).begin() as transaction:
            await transaction.users.add(admin)
            await transaction.commit()
        (client,) = await signed_in(self.database, 1, user=admin)
        answer = await refresh(self.server.port, client.token)
        assert answer.status == 200, answer
        return answer.body["access_token"], answer.body["refresh_token"]

    def ensure_unharmed(self) -> None:
        """No worker ended, and no defect was logged."""
        assert self.server.process.poll() is None, self.server.log
        assert "Traceback" not in self.server.log


@pytest.fixture
def target(database_url: str, tmp_path: Path) -> Iterator[Target]:
    (tmp_path / "run").mkdir()
    settings = settings_for(database_url) | {
        "HEXKEY_PASSWORD_HASHER": "argon2id",
        "HEXKEY_HTTP_BASIC": "true",
        "HEXKEY_TRUSTED_PROXIES": "127.0.0.1",
    }
    with running_server(settings, folder=tmp_path / "run") as server:
        yield Target(server, database_url)


def number_of(variable: str, otherwise: int) -> int:
    """A setting of `make fuzz`."""
    return int(os.environ.get(variable, otherwise))
