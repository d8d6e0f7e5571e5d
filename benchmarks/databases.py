"""Where the systems keep their users: an SQLite file, or a database of a private PostgreSQL."""

import contextlib
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from benchmarks.postgres import PostgresServer
from benchmarks.processes import Failed


class Database(ABC):
    """A database that one system uses, and the few things a seeding needs of it.

    Attributes:
        kind: `sqlite` or `postgres`.
        directory: for whatever else the system keeps beside it.
    """

    kind: str

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    @abstractmethod
    def url(self, *, sqlite: str = "sqlite", postgres: str = "postgresql") -> str:
        """Its URL, with the scheme that the system's driver wants."""

    @abstractmethod
    def run(self, statement: str) -> None:
        """Run one or more statements and commit them."""

    @abstractmethod
    def number(self, query: str) -> int:
        """The one number that `query` finds."""

    @abstractmethod
    def columns(self, table: str) -> dict[str, str]:
        """A table's columns and their types, both in lower case."""

    @abstractmethod
    def numbers(self, first: int, last: int) -> str:
        """A table expression `series(i)` of the whole numbers from `first` to `last`."""

    @abstractmethod
    def hex12(self, number: str) -> str:
        """An expression for the twelve hexadecimal digits of `number`."""

    def clone(
        self, table: str, where: str, numbers: Sequence[int], changes: dict[str, str]
    ) -> None:
        """Repeat the one row `where` for each `i`, with some columns made from `i`.

        Args:
            numbers: the first and the last `i`.
            changes: expressions over `series.i`, by column.
        """
        types = self.columns(table)
        if not types:
            raise Failed(f"there is no table {table}")
        values = [self._value(changes.get(name), name, types[name]) for name in types]
        names = ", ".join(f'"{name}"' for name in types)
        self.run(
            f"INSERT INTO {table} ({names}) SELECT {', '.join(values)} "
            f"FROM {table} AS template, {self.numbers(*numbers)} WHERE {where}"
        )

    def _value(self, change: str | None, name: str, kind: str) -> str:
        if change is None:
            return f'template."{name}"'
        return f"CAST({change} AS uuid)" if kind == "uuid" else change


class SqliteDatabase(Database):
    """One file."""

    kind = "sqlite"

    @property
    def _path(self) -> Path:
        return self.directory / "bench.db"

    def url(self, *, sqlite: str = "sqlite", postgres: str = "postgresql") -> str:
        del postgres
        return f"{sqlite}:///{self._path}"

    def run(self, statement: str) -> None:
        with contextlib.closing(sqlite3.connect(self._path)) as connection:
            connection.executescript(statement)
            connection.commit()

    def number(self, query: str) -> int:
        with contextlib.closing(sqlite3.connect(self._path)) as connection:
            return int(connection.execute(query).fetchone()[0])

    def columns(self, table: str) -> dict[str, str]:
        with contextlib.closing(sqlite3.connect(self._path)) as connection:
            rows = connection.execute(f"PRAGMA table_info({table})").fetchall()
        return {row[1]: row[2].lower() for row in rows}

    def numbers(self, first: int, last: int) -> str:
        return (
            f"(WITH RECURSIVE counted(i) AS (SELECT {first} UNION ALL "
            f"SELECT i + 1 FROM counted WHERE i < {last}) SELECT i FROM counted) AS series"
        )

    def hex12(self, number: str) -> str:
        return f"printf('%012x', {number})"


class PostgresDatabase(Database):
    """One database of the run's own server."""

    kind = "postgres"

    def __init__(self, directory: Path, server: PostgresServer) -> None:
        super().__init__(directory)
        self._server = server
        self._name = server.create_database()

    def url(self, *, sqlite: str = "sqlite", postgres: str = "postgresql") -> str:
        del sqlite
        return f"{postgres}://{self._server.address}/{self._name}"

    def run(self, statement: str) -> None:
        self._server.psql(self._name, f"{statement};\nVACUUM ANALYZE")

    def number(self, query: str) -> int:
        return int(self._server.psql(self._name, query))

    def columns(self, table: str) -> dict[str, str]:
        answer = self._server.psql(
            self._name,
            "SELECT column_name, data_type FROM information_schema.columns "
            f"WHERE table_name = '{table}' ORDER BY ordinal_position",
        )
        rows = [line.split("|") for line in answer.splitlines() if "|" in line]
        return {name: kind.lower() for name, kind in rows}

    def numbers(self, first: int, last: int) -> str:
        return f"generate_series({first}, {last}) AS series(i)"

    def hex12(self, number: str) -> str:
        return f"lpad(to_hex({number}), 12, '0')"
