"""Which schema a database has, and how it comes to the right one."""

import asyncio
import subprocess
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql import schema
from hexkey.adapters.sql.alembic_run import alembic_config
from hexkey.adapters.sql.engine import make_engine
from hexkey.adapters.sql.signed_in import SqlSignedInDirectory
from hexkey.adapters.sql.store import SqlStore
from hexkey.adapters.sql.tables import metadata
from hexkey.adapters.sql.user_directory import SqlUserDirectory
from hexkey.domain.identifiers import SessionId, UserId
from hexkey.domain.sessions.refresh_token import RefreshChain
from tests.contracts.erasing import erased
from tests.contracts.one_time_tokens import kept, put
from tests.contracts.session_store import POLICY
from tests.support.builders import a_one_time_token

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[3]

_MIGRATE = """
import asyncio, sys
from hexkey.adapters.sql import schema
from hexkey.adapters.sql.engine import make_engine
async def main():
    engine = make_engine(sys.argv[1])
    print(await schema.upgrade(engine))
    await engine.dispose()
asyncio.run(main())
"""


@pytest.fixture
async def empty(empty_database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = make_engine(empty_database_url)
    yield engine
    await engine.dispose()


async def set_version(engine: AsyncEngine, version: str) -> None:
    async with engine.connect() as connection:
        await connection.execute(
            text("UPDATE alembic_version SET version_num = :v"), {"v": version}
        )
        await connection.commit()


class TestCheck:
    async def test_sends_an_empty_database_to_migrate(self, empty: AsyncEngine) -> None:
        with pytest.raises(schema.SchemaOutdated, match="hexkey migrate"):
            await schema.check(empty)

    async def test_accepts_the_schema_of_this_version(self, empty: AsyncEngine) -> None:
        await schema.upgrade(empty)

        await schema.check(empty)

    async def test_sends_an_older_schema_to_migrate(
        self, empty: AsyncEngine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await schema.upgrade(empty)
        monkeypatch.setattr(schema, "REVISIONS", (*schema.REVISIONS, "9998"))

        with pytest.raises(schema.SchemaOutdated, match="needs 9998: run `hexkey migrate`"):
            await schema.check(empty)

    async def test_refuses_a_schema_of_the_future(self, empty: AsyncEngine) -> None:
        await schema.upgrade(empty)
        await set_version(empty, "9999")

        with pytest.raises(schema.SchemaTooNew, match="9999"):
            await schema.check(empty)
        with pytest.raises(schema.SchemaTooNew, match="9999"):
            await schema.upgrade(empty)

    async def test_costs_no_import_of_alembic(self, sqlite_path: Path) -> None:
        script = (
            "import asyncio, sys\n"
            "from hexkey.adapters.sql import schema\n"
            "from hexkey.adapters.sql.engine import make_engine\n"
            "async def main():\n"
            "    engine = make_engine(sys.argv[1])\n"
            "    await schema.check(engine); await schema.upgrade(engine)\n"
            "    await engine.dispose()\n"
            "asyncio.run(main())\n"
            "assert 'alembic' not in sys.modules\n"
        )
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", script, f"sqlite:///{sqlite_path}"],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip

        assert done.returncode == 0, done.stderr


class TestUpgrade:
    async def test_does_it_once(self, empty: AsyncEngine) -> None:
        assert await schema.upgrade(empty)
        assert not await schema.upgrade(empty)

    async def test_leaves_nothing_behind_when_it_fails(
        self, empty: AsyncEngine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with empty.connect() as connection:
            await connection.execute(text("CREATE TABLE signing_keys (id INTEGER)"))
            await connection.commit()

        with pytest.raises(Exception, match="signing_keys"):
            await schema.upgrade(empty)

        async with empty.connect() as connection:
            names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
        assert names == ["signing_keys"]

    async def test_of_several_processes_at_once_one_does_it_and_all_succeed(
        self, empty_database_url: str
    ) -> None:
        processes = [
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                _MIGRATE,
                empty_database_url,
                cwd=ROOT,
                stdout=PIPE,
                stderr=PIPE,
            )
            for _ in range(4)
        ]
        outcomes = [await process.communicate() for process in processes]

        assert sorted(out for out, _ in outcomes) == [b"False\n"] * 3 + [b"True\n"], outcomes

    async def test_of_several_tasks_under_serializable_one_does_it(
        self, empty_postgres_url: str
    ) -> None:
        engine = make_engine(empty_postgres_url, isolation="SERIALIZABLE")
        done = await asyncio.gather(*(schema.upgrade(engine) for _ in range(4)))
        await engine.dispose()

        assert sorted(done) == [False, False, False, True]


class TestRevision0002:
    """An existing deployment goes on: its sessions, and its instances that are not updated yet."""

    async def test_gives_existing_sessions_what_they_lack(self, empty: AsyncEngine) -> None:
        async with empty.connect() as connection:
            await connection.run_sync(_upgrade_to, "0001")
            await connection.run_sync(_insert_as_0001, "before")
            await connection.commit()
        await schema.upgrade(empty)
        async with empty.connect() as connection:
            await connection.run_sync(_insert_as_0001, "beside")
            await connection.commit()

        for name in ("before", "beside"):
            found = await SqlSignedInDirectory(empty).find(SessionId(f"session-{name}"))
            assert found is not None
            session = found.session
            assert session.authenticated_at == session.last_seen_at == session.created_at
            assert session.idle_until == session.expires_at
            assert (session.refresh, session.scopes) == (RefreshChain(), frozenset())
            assert await SqlStore(empty).replace(
                session, session.refreshed(RefreshChain(2), policy=POLICY, now=session.created_at)
            )


class TestRevision0003:
    """Users who were there before stay, speak no language of their own, and do not leave."""

    async def test_gives_existing_users_what_they_lack(self, empty: AsyncEngine) -> None:
        async with empty.connect() as connection:
            await connection.run_sync(_upgrade_to, "0002")
            await connection.run_sync(_insert_as_0001, "before")
            await connection.commit()
        await schema.upgrade(empty)
        async with empty.connect() as connection:
            await connection.run_sync(_insert_as_0001, "beside")
            await connection.commit()

        for name in ("before", "beside"):
            user = await SqlUserDirectory(empty).find(UserId(f"user-{name}"))
            assert user is not None
            assert (user.language, user.erase_at) == (None, None)
            token = a_one_time_token(user=user)
            await put(SqlStore(empty), token)
            assert await kept(SqlStore(empty), token) == token
            assert await erased(SqlStore(empty), user)
            assert await kept(SqlStore(empty), token) is None


def _upgrade_to(connection: Connection, revision: str) -> None:
    command.upgrade(alembic_config(connection), revision)


def _insert_as_0001(connection: Connection, name: str) -> None:
    sqlite = connection.dialect.name == "sqlite"
    begun, over = ("1000", "9000") if sqlite else ("to_timestamp(1)", "to_timestamp(9)")
    connection.execute(
        text(
            "INSERT INTO users (id, username_value, username_key, username_skeleton, status,"
            " email_verified, created_at, updated_at, credential_version, version) VALUES"
            f" ('user-{name}', '{name}', '{name}', '{name}', 'active', false,"
            f" {begun}, {begun}, 1, 1)"
        )
    )
    connection.execute(
        text(
            "INSERT INTO sessions (id, user_id, created_at, expires_at)"
            f" VALUES ('session-{name}', 'user-{name}', {begun}, {over})"
        )
    )


class TestMigrations:
    async def test_lead_to_the_tables_of_the_code(self, engine: AsyncEngine) -> None:
        def differences(connection: Connection) -> Any:
            options = {"compare_type": True, "compare_server_default": True}
            context = MigrationContext.configure(connection, opts=options)
            return compare_metadata(context, metadata)

        async with engine.connect() as connection:
            assert await connection.run_sync(differences) == []

    async def test_make_the_same_checks_constraint_names_and_collations(
        self, empty: AsyncEngine
    ) -> None:
        """What Alembic does not compare."""
        await schema.upgrade(empty)
        migrated = await _anatomy(empty)
        async with empty.connect() as connection:
            await connection.run_sync(metadata.drop_all)
            await connection.run_sync(metadata.create_all)
            await connection.commit()

        assert migrated == await _anatomy(empty)

    async def test_are_known_to_the_check(self) -> None:
        scripts = ScriptDirectory.from_config(alembic_config(None))  # type: ignore[arg-type]  # no connection is needed to list them
        revisions = [script.revision for script in scripts.walk_revisions()]

        assert tuple(reversed(revisions)) == schema.REVISIONS


def _described(index: Any) -> str:
    where = {key: str(value) for key, value in index.get("dialect_options", {}).items()}
    return f"{index['name']} {index['column_names']} {index['unique']} {where}"


async def _anatomy(engine: AsyncEngine) -> Any:
    def dissect(connection: Connection) -> Any:
        inspector = inspect(connection)
        found: dict[str, Any] = {}
        for name in metadata.tables:
            found[name] = {
                "pk": inspector.get_pk_constraint(name),
                "fk": inspector.get_foreign_keys(name),
                "ck": inspector.get_check_constraints(name),
                "ix": sorted(_described(index) for index in inspector.get_indexes(name)),
                "columns": [
                    (
                        c["name"],
                        str(c["type"]),
                        getattr(c["type"], "collation", None),
                        c["nullable"],
                    )
                    for c in inspector.get_columns(name)
                ],
            }
        return found

    async with engine.connect() as connection:
        return await connection.run_sync(dissect)
