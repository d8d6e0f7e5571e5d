"""The database as a whole: opened, migrated, watched, closed."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql import schema
from hexkey.adapters.sql.readiness import ping
from hexkey.application.ports.storage import Storage, StorageUnusable
from hexkey.domain.errors import TemporarilyUnavailable


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
        if self._migrates_itself:
            await self.migrate()
        else:
            await schema.check(self._engine)

    async def migrate(self) -> bool:
        return await schema.upgrade(self._engine)

    async def close(self) -> None:
        await self._engine.dispose()

    async def findings(self) -> Mapping[str, str | None]:
        try:
            await ping(self._engine)
        except TemporarilyUnavailable:
            return {"database": "cannot be reached", "migrations": "unknown"}
        try:
            await schema.check(self._engine)
        except TemporarilyUnavailable:
            return {"database": "cannot be reached", "migrations": "unknown"}
        except StorageUnusable as error:
            return {"database": None, "migrations": str(error)}
        return {"database": None, "migrations": None}
