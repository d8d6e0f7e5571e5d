"""A real server, and somebody in it who may do everything."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from hexkey.adapters.sql.store import SqlStore
from hexkey.domain.access import ADMIN, Role
from hexkey.domain.identifiers import UserId
from tests.support.faults_families import engine_of, settings_for
from tests.support.faults_people import Person, SignedIn
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

    async def administrator(self) -> SignedIn:
        """A new one, who has just signed in.

        The password is real: one under a scheme of its own would be verified anew with every
        sign-in that fails, whoever's it is, and most of a run would be spent on that.
        """
        person = await Person.registered(self.server.port)
        async with engine_of(self.database) as engine, SqlStore(engine).begin() as transaction:
            plain = await transaction.users.find(UserId(person.id))
            assert plain
            admin = replace(plain, roles=frozenset({Role(ADMIN)}))
            assert await transaction.users.replace(plain, admin)
            await transaction.commit()
        return await person.sign_in(self.server.port)

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
