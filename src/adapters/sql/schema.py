"""Which schema the database has, and bringing it up to date.

Alembic is imported only when something has to be migrated: a start on an existing database needs
one statement, and no time.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.engine import autocommitting
from hexkey.adapters.sql.unit_of_work import Work, unit_of_work
from hexkey.application.ports.storage import StorageUnusable

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007")
"""Every revision there ever was, oldest first; the last one is what this version needs."""

_VERSION = text("SELECT version_num FROM alembic_version")
_IS_VERSIONED = {
    "sqlite": text("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"),
    "postgresql": text("SELECT 1 WHERE to_regclass('alembic_version') IS NOT NULL"),
}
_TURN = text("SELECT pg_advisory_xact_lock(7526768903561248631)")  # any number, always the same


class SchemaOutdated(StorageUnusable):
    """The database lacks tables or columns that this version needs."""


class SchemaTooNew(StorageUnusable):
    """A later version has changed the database; this one could damage it."""


async def check(engine: AsyncEngine) -> None:
    """Return if the database has exactly the schema of this version.

    Raises:
        SchemaOutdated, SchemaTooNew: with a sentence that says what to do.
        TemporarilyUnavailable: if the database cannot be asked.
    """
    async with unit_of_work(autocommitting(engine)) as work:
        found = await _revision(work)
    if found is None:
        raise SchemaOutdated("The database is empty: run `hexkey migrate`.")
    _ensure_known(found)
    if found != REVISIONS[-1]:
        raise SchemaOutdated(
            f"The database has schema {found}, this version needs {REVISIONS[-1]}: "
            "run `hexkey migrate`."
        )


async def upgrade(engine: AsyncEngine) -> bool:
    """Bring the schema up to date; of several processes that try at once, one does.

    Returns:
        Whether there was anything to do.

    Raises:
        SchemaTooNew: with a sentence that says what to do; nothing was changed.
        TemporarilyUnavailable: if the database cannot be changed now; nothing was changed.
    """
    if engine.dialect.name == "postgresql":
        # Under another level the snapshot would be older than the lock that was waited for.
        engine = engine.execution_options(isolation_level="READ COMMITTED")
    async with unit_of_work(engine) as work:
        await _wait_for_turn(work)
        found = await _revision(work)
        if found is not None:
            _ensure_known(found)
        if found == REVISIONS[-1]:
            return False
        await _migrate(work)
        await work.commit()
    return True


async def _wait_for_turn(work: Work) -> None:
    if work.dialect == "postgresql":
        await work.execute(text("SET LOCAL statement_timeout = 0"))
        await work.execute(_TURN)
    # On SQLite the transaction holds the one write lock already.


async def _revision(work: Work) -> str | None:
    if (await work.execute(_IS_VERSIONED[work.dialect])).first() is None:
        return None
    return (await work.execute(_VERSION)).scalar_one_or_none()


def _ensure_known(revision: str) -> None:
    if revision not in REVISIONS:
        raise SchemaTooNew(
            f"The database has schema {revision}, which this version does not know: "
            "run a version of Hexkey that is at least as new as the one that migrated it."
        )


async def _migrate(work: Work) -> None:
    from hexkey.adapters.sql.alembic_run import run_migrations  # noqa: PLC0415 - see above

    await work.run_sync(run_migrations)
