"""A database that is away, locked, full or read-only, as clients see it (RF-04, RF-07 to RF-09)."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from hexkey.adapters.sql import engine as engine_module
from tests.support.api import PASSWORD, Api, an_api
from tests.support.http_client import Client, bearer, token_of
from tests.support.postgres import Cluster, NoPostgres, running_cluster
from tests.support.server import Server, run_program, running_server

pytestmark = pytest.mark.anyio

NEEDS_WRITING = [
    ("POST", "/users", {"username": "bob", "password": PASSWORD}),
    ("POST", "/sessions", {"login": "alice", "password": PASSWORD}),
    ("PATCH", "/users/me", {"full_name": "Somebody"}),
    (
        "PUT",
        "/users/me/password",
        {"current_password": PASSWORD, "new_password": "another long walk"},
    ),
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    try:
        with running_cluster(durable=True) as cluster:
            yield cluster
    except NoPostgres:
        pytest.skip("needs the binaries of a PostgreSQL server")


@pytest.fixture(scope="module")
def server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    env = {"HEXKEY_DATABASE_URL": cluster.url}
    folder = tmp_path_factory.mktemp("server")
    assert run_program("migrate", folder=folder, env=env).returncode == 0
    with running_server(env, folder=folder) as server:
        yield server


@pytest.mark.postgres
class TestDatabaseThatIsAway:
    def test_rf_04_is_a_503_until_it_is_back(
        self, client: Client, server: Server, cluster: Cluster
    ) -> None:
        """RF-04, D14: and nobody restarts anything."""
        client.register("alice")
        token = token_of(client.sign_in("alice"))
        keys = client.get("/.well-known/jwks.json").json()
        alice = client.me(token).json()["id"]

        cluster.stop()
        calls = [(m, path, body) for m, path, body in NEEDS_WRITING if m == "POST"]
        for method, path, body in [*calls, ("GET", f"/users/{alice}", None)]:
            answer = client.request(method, path, json=body)
            assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")
            assert 1 <= int(answer.headers["Retry-After"]) <= 30
        assert client.get("/livez").status_code == 200
        assert client.get("/.well-known/jwks.json").json() == keys
        ready = client.get("/readyz")
        assert ready.status_code == 503
        assert ready.text.startswith("database: ")
        assert "ok" not in ready.text.splitlines()[0]
        assert client.me("a.b.c").status_code == 401  # what needs no database is decided without

        cluster.start()
        assert client.get("/readyz").status_code == 200
        assert client.sign_in("alice").status_code == 201
        assert client.me(token).status_code == 200
        assert client.patch("/users/me", json={"full_name": "A"}, headers=bearer(token)).is_success
        assert server.process.poll() is None
        assert "Traceback" not in server.log


class TestSqliteFile:
    @pytest.fixture
    async def here(self, sqlite_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
        pragmas = ("busy_timeout=100", *engine_module._PRAGMAS[1:])
        monkeypatch.setattr(engine_module, "_PRAGMAS", pragmas)
        async with an_api(database_url=f"sqlite:///{sqlite_path}") as api:
            yield api

    async def assert_refuses_writing_and_reads_on(self, api: Api, caller: dict[str, str]) -> None:
        before = (await api.me(caller)).json()
        for method, path, body in NEEDS_WRITING:
            answer = await api.call(method, path, json=body, headers=caller)
            assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")
            assert int(answer.headers["Retry-After"]) >= 1
        api.clock.advance(seconds=2)  # nothing is remembered any more
        assert (await api.me(caller)).json() == before
        assert (await api.call("GET", f"/users/{before['id']}")).status_code == 200
        assert (await api.call("GET", "/livez")).status_code == 200

    async def assert_works(self, api: Api, caller: dict[str, str]) -> None:
        statuses = []
        for method, path, body in NEEDS_WRITING:
            answer = await api.call(method, path, json=body, headers=caller)
            statuses.append(answer.status_code)
        assert statuses == [201, 201, 200, 204]

    async def test_rf_09_that_is_locked_refuses_writing_and_reads_on(
        self, here: Api, sqlite_path: Path
    ) -> None:
        """RF-09, RA-08."""
        caller = await here.somebody()
        with sqlite3.connect(sqlite_path, isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            await self.assert_refuses_writing_and_reads_on(here, caller)
            other.execute("ROLLBACK")
        other.close()

        await self.assert_works(here, caller)

    async def test_rf_08_that_is_read_only_refuses_writing_and_reads_on(
        self, here: Api, sqlite_path: Path
    ) -> None:
        """RF-08: the database is the same, and the door to it is for reading."""
        caller = await here.somebody()
        for_reading = f"sqlite:///file:{sqlite_path}?mode=ro&uri=true"
        async with an_api(database_url=for_reading) as reader:
            await self.assert_refuses_writing_and_reads_on(reader, caller)

        await self.assert_works(here, caller)

    async def test_rf_07_on_a_full_disk_refuses_and_recovers(
        self, here: Api, sqlite_path: Path
    ) -> None:
        """RF-07: SQLite is told that there are no more pages, on every connection of the pool."""
        caller = await here.somebody()
        pool = here.container.engine().sync_engine
        with sqlite3.connect(sqlite_path) as other:
            pages = other.execute("PRAGMA page_count").fetchone()[0]
        other.close()
        full = [pages]
        event.listen(pool, "checkout", lambda connection, *_: limit_pages(connection, full[-1]))
        statuses = []
        for number in range(400):
            body = {"username": f"user{number}x", "password": PASSWORD, "full_name": "x" * 200}
            statuses.append((await here.call("POST", "/users", json=body)).status_code)
            if statuses[-1] != 201:
                break

        assert statuses[-1] == 503
        assert (await here.me(caller)).status_code == 200
        unknown = {"login": f"user{len(statuses) - 1}x", "password": PASSWORD}
        assert (await here.call("POST", "/sessions", json=unknown)).status_code in {401, 503}
        full.append(1_000_000)
        await self.assert_works(here, caller)


def limit_pages(connection: Any, pages: int) -> None:
    """Make SQLite find its disk full beyond so many pages: the limit is a connection's own."""
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA max_page_count = {pages}")
    cursor.close()
