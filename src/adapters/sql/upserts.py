"""INSERT … ON CONFLICT, which each database has in a dialect of its own.

A dialect is imported when it is used: a node on SQLite does without the 4 MiB of PostgreSQL's.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Table
from sqlalchemy.sql.dml import Insert


def upsert(
    table: Table,
    dialect: str,
    *,
    new: Mapping[str, Any],
    changed: Mapping[str, Any],
    where: ColumnElement[bool] | None = None,
) -> Insert:
    """Insert `new`, or set `changed` in the row with the same primary key.

    Args:
        dialect: `sqlite` or `postgresql`.
        where: leaves the row that is there as it is, unless this holds.
    """
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as postgresql_insert  # noqa: PLC0415

        statement = postgresql_insert(table).values(new)
        return statement.on_conflict_do_update(
            index_elements=table.primary_key.columns, set_=changed, where=where
        )
    from sqlalchemy.dialects.sqlite import insert as sqlite_insert  # noqa: PLC0415

    return (
        sqlite_insert(table)
        .values(new)
        .on_conflict_do_update(index_elements=table.primary_key.columns, set_=changed, where=where)
    )
