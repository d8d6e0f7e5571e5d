"""INSERT … ON CONFLICT, which each database has in a dialect of its own."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Column, ColumnElement, Table
from sqlalchemy.dialects import postgresql, sqlite
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
    return (
        _insert(table, dialect)
        .values(new)
        .on_conflict_do_update(
            index_elements=table.primary_key.columns if key is None else key,
            set_=changed,
            where=where,
        )
    )


def insert_missing(table: Table, dialect: str) -> Insert:
    """Insert rows; one whose primary key is there already is left as it is.

    Args:
        dialect: `sqlite` or `postgresql`.
    """
    return _insert(table, dialect).on_conflict_do_nothing(index_elements=table.primary_key.columns)


def _insert(table: Table, dialect: str) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
