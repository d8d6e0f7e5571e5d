"""A server with two workers on either database, shared by the tests of this folder."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

import pytest

from tests.support.databases import BOTH
from tests.support.faults_families import settings_for
from tests.support.postgres import drop_database, fresh_database
from tests.support.server import Server, running_server


@dataclass(frozen=True)
class Served:
    """A server with two workers, and a second instance on the same database.

    Attributes:
        env: the settings of both, and of commands beside them.
    """

    url: str
    env: dict[str, str]
    server: Server
    other: Server

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def ports(self) -> tuple[int, int]:
        return self.server.port, self.other.port


@pytest.fixture(scope="session", params=BOTH)
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("_sqlite_template")
        copyfile(template, folder / "hexkey.db")
        yield from _served(f"sqlite:///{folder / 'hexkey.db'}", folder)
        return
    server: str = request.getfixturevalue("postgres_server")
    url = fresh_database(server, template=request.getfixturevalue("_postgres_template"))
    yield from _served(url, folder)
    drop_database(server, url)


def _served(url: str, folder: Path) -> Iterator[Served]:
    env = settings_for(url) | {"HEXKEY_PUBLIC_URL": "http://127.0.0.1:1"}
    for name in ("two-workers", "other"):
        (folder / name).mkdir()
    two = ["--workers", "2"]
    with (
        running_server(env, folder=folder / "two-workers", arguments=two) as server,
        running_server(env, folder=folder / "other") as other,
    ):
        yield Served(url, env, server, other)
