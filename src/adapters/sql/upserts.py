"""INSERT … ON CONFLICT, which each database has in a dialect of its own.

A dialect is imported when it is used: a node on SQLite does without the 4 MiB of PostgreSQL's.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Column, ColumnElement, Table
from sqlalchemy.sql.dml import Insert


def upsert(
    table: Table,
    dialect: str,
    *,
    new: Mapping[str, Any],
    changed: Mapping[str, Any],
    where: ColumnElement[bool] | None = None,
    key: Iterable[Column[Any]] | None = None,
) -> Insert:
    """Insert `new`, or set `changed` in the row with the same key.

    Args:
        dialect: `sqlite` or `postgresql`.
        where: leaves the row that is there as it is, unless this holds.
        key: columns with a unique index; those of the primary key if none are given.
    """
    index = table.primary_key.columns if key is None else key
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as postgresql_insert  # noqa: PLC0415

        statement = postgresql_insert(table).values(new)
        return statement.on_conflict_do_update(index_elements=index, set_=changed, where=where)
    from sqlalchemy.dialects.sqlite import insert as sqlite_insert  # noqa: PLC0415

    return (
        sqlite_insert(table)
        .values(new)
        .on_conflict_do_update(index_elements=index, set_=changed, where=where)
    )


def insert_missing(table: Table, dialect: str) -> Insert:
    """Insert rows; one whose primary key is there already is left as it is.

    Args:
        dialect: `sqlite` or `postgresql`.
    """
    key = table.primary_key.columns
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as postgresql_insert  # noqa: PLC0415

        return postgresql_insert(table).on_conflict_do_nothing(index_elements=key)
    from sqlalchemy.dialects.sqlite import insert as sqlite_insert  # noqa: PLC0415

    return sqlite_insert(table).on_conflict_do_nothing(index_elements=key)
