"""The database as a whole: opened, migrated, watched, closed."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql import schema
from hexkey.adapters.sql.durability import is_read_only, warn_if_volatile
from hexkey.adapters.sql.readiness import ping
from hexkey.application.ports.storage import Storage, StorageUnusable
from hexkey.domain.errors import TemporarilyUnavailable

_NO_DATABASE = "The database does not exist: create it, or correct HEXKEY_DATABASE_URL."
_NOT_LET_IN = "The database does not let this user in: correct HEXKEY_DATABASE_URL."
_NOT_ALLOWED = "This user may not read the tables of the database, or not make them: grant it."
_NO_SQLITE = "The file is not an SQLite database, or is damaged."
_READ_ONLY_FILE = "The file of the database is read-only: let this user write to it."
_WRONG = {
    "3D": _NO_DATABASE,  # invalid catalog name
    "28": _NOT_LET_IN,  # invalid authorization specification
    "42501": _NOT_ALLOWED,  # insufficient privilege
    sqlite3.SQLITE_NOTADB: _NO_SQLITE,
    sqlite3.SQLITE_CORRUPT: _NO_SQLITE,
}


@contextmanager
def _usable() -> Iterator[None]:
    """Turn what an operator has to put right into a sentence that says so."""
    try:
        yield
    except DBAPIError as error:
        code = getattr(error.orig, "sqlite_errorcode", None)
        state = getattr(error.orig, "sqlstate", None) or ""
        reason = _WRONG.get(code) or _WRONG.get(state) or _WRONG.get(state[:2])
        if reason is None:
            raise
        raise StorageUnusable(reason) from error


class SqlStorage(Storage):
    """One database on SQLite or PostgreSQL.

    Args:
        engine: what every store of this deployment uses.
        migrates_itself: whether `open` may change the schema, because nobody else uses it.
    """

    def __init__(self, engine: AsyncEngine, *, migrates_itself: bool) -> None:
        self._engine = engine
        self._migrates_itself = migrates_itself

    async def open(self) -> None:
        if self._engine.dialect.name == "sqlite" and await is_read_only(self._engine):
            raise StorageUnusable(_READ_ONLY_FILE)
        if self._migrates_itself:
            await self.migrate()
            return
        with _usable():
            await schema.check(self._engine)
            await warn_if_volatile(self._engine)

    async def migrate(self) -> bool:
        with _usable():
            return await schema.upgrade(self._engine)

    async def close(self) -> None:
        await self._engine.dispose()

    async def findings(self) -> Mapping[str, str | None]:
        try:
            with _usable():
                await ping(self._engine)
                if await is_read_only(self._engine):
                    return {"database": "read_only", "migrations": "unknown"}
        except TemporarilyUnavailable:
            return {"database": "cannot be reached", "migrations": "unknown"}
        except StorageUnusable as error:
            return {"database": str(error), "migrations": "unknown"}
        try:
            with _usable():
                await schema.check(self._engine)
        except TemporarilyUnavailable:
            return {"database": "cannot be reached", "migrations": "unknown"}
        except StorageUnusable as error:
            return {"database": None, "migrations": str(error)}
        return {"database": None, "migrations": None}
