"""Whether a commit of the database would survive a power cut."""

import logging
import os

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.adapters.sql.engine import autocommitting
from hexkey.adapters.sql.unit_of_work import unit_of_work

_log = logging.getLogger("hexkey.storage")

# On SQLite every connection is set up to be durable; PostgreSQL is somebody else's to configure.
_VOLATILE = text(
    "SELECT name FROM pg_settings WHERE setting = 'off' "
    "AND name IN ('fsync', 'full_page_writes', 'synchronous_commit') ORDER BY name"
)
_READ_ONLY = text("SELECT current_setting('transaction_read_only') = 'on'")


async def warn_if_volatile(engine: AsyncEngine) -> None:
    """Write down which of the server's settings let it lose what it has acknowledged.

    Raises:
        TemporarilyUnavailable: if the server does not answer.
    """
    if engine.dialect.name != "postgresql":
        return
    async with unit_of_work(autocommitting(engine)) as work:
        off = (await work.execute(_VOLATILE)).scalars().all()
    if off:
        _log.warning("PostgreSQL may lose acknowledged commits: %s = off", " = off, ".join(off))


async def is_read_only(engine: AsyncEngine) -> bool:
    """Whether writes are refused, as a standby does, or the file's mode or its file system.

    Raises:
        TemporarilyUnavailable: if a server does not answer.
    """
    if engine.dialect.name != "postgresql":
        file = engine.url.database or ""
        return os.access(file, os.F_OK) and not os.access(file, os.W_OK)
    async with unit_of_work(autocommitting(engine)) as work:
        return bool((await work.execute(_READ_ONLY)).scalar_one())
