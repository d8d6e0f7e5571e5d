"""Fixtures: databases with the schema in place, a fresh one for every test that asks."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql import access_tables, audit_tables, schema
from hexkey.adapters.sql.engine import make_engine
from hexkey.adapters.sql.tables import metadata
from tests.support.postgres import (
    NoPostgres,
    drop_database,
    empty_database,
    fresh_database,
    run_apart,
    server_url,
)

TABLES_ELSEWHERE = (access_tables, audit_tables)  # imported so that `metadata` has them

_NO_POSTGRES = "no PostgreSQL: set HEXKEY_TEST_POSTGRES_URL or install its server"

BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a server on which databases can be made."""
    try:
        with server_url() as url:
            yield url
    except NoPostgres:
        pytest.skip(_NO_POSTGRES)


@pytest.fixture(scope="session")
def _postgres_template(postgres_server: str) -> Iterator[str]:
    url = fresh_database(postgres_server)
    _migrate(url)
    yield url
    drop_database(postgres_server, url)


@pytest.fixture(scope="session")
def _idle_databases(postgres_server: str) -> Iterator[list[str]]:
    """Databases with the schema and nothing else: to empty one is much quicker than to copy one."""
    idle: list[str] = []
    yield idle
    for url in idle:
        drop_database(postgres_server, url)


@pytest.fixture
def postgres_url(
    postgres_server: str, _postgres_template: str, _idle_databases: list[str]
) -> Iterator[str]:
    """An empty PostgreSQL database with the schema in place, which the test leaves in place."""
    if _idle_databases:
        url = _idle_databases.pop()
    else:
        url = fresh_database(postgres_server, template=_postgres_template)
    yield url
    empty_database(url, tables=[table.name for table in metadata.sorted_tables])
    _idle_databases.append(url)


@pytest.fixture
def empty_postgres_url(postgres_server: str) -> Iterator[str]:
    """A fresh PostgreSQL database with nothing in it."""
    url = fresh_database(postgres_server)
    yield url
    drop_database(postgres_server, url)


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "hexkey.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_path(tmp_path: Path, _sqlite_template: Path) -> Path:
    """A fresh SQLite file with the schema in place."""
    path = tmp_path / "hexkey.db"
    shutil.copyfile(_sqlite_template, path)
    return path


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database with the schema in place, on SQLite and on PostgreSQL in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{request.getfixturevalue('sqlite_path')}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(params=BOTH)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database with nothing in it, on SQLite and on PostgreSQL in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    url: str = request.getfixturevalue("empty_postgres_url")
    return url


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine on a fresh database with the schema in place, on both databases in turn."""
    engine = make_engine(database_url)
    yield engine
    await engine.dispose()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    missing = [report for report in skipped if _NO_POSTGRES in str(report.longrepr)]
    if missing:
        terminalreporter.write_sep("!", "POSTGRESQL WAS NOT TESTED", red=True, bold=True)
        terminalreporter.write_line(f"{len(missing)} tests were skipped: {_NO_POSTGRES}", red=True)


def _migrate(url: str) -> None:
    async def migrate() -> None:
        engine = make_engine(url)
        await schema.upgrade(engine)
        await engine.dispose()

    run_apart(migrate())
