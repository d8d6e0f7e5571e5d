"""The systems of a run, each seeded once and shared by all measures."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from benchmarks.databases import Database, PostgresDatabase, SqliteDatabase
from benchmarks.options import Options
from benchmarks.postgres import PostgresServer
from benchmarks.processes import say
from benchmarks.systems.hexkey import Hexkey
from benchmarks.systems.peers import FastapiUsers, Floor, Tutorial
from benchmarks.systems.system import System

AnySystem = TypeVar("AnySystem", bound=System)
Maker = Callable[[Database], System]
MAKERS: dict[str, Maker] = {
    "floor": Floor,
    "tutorial": Tutorial,
    "fastapi-users": FastapiUsers,
    "hexkey": Hexkey,
}
BCRYPT = "bcrypt_sha256-12"
CHEAPEST_BCRYPT = "bcrypt_sha256-10"  # HEXKEY_BCRYPT_COST goes no lower
ARGON2ID = "argon2id-46-1-1"


class Fleet:
    """Makes systems on demand.

    Args:
        directory: for databases, logs and tokens; whoever made it removes it.
        server: needed for PostgreSQL only.
    """

    def __init__(self, options: Options, directory: Path, server: PostgresServer | None) -> None:
        self.options = options
        self.directory = directory
        self._server = server
        self._ready: dict[tuple[str, str], System] = {}
        self._numbers = itertools.count(1)

    def everybody(self) -> list[System]:
        """The floor once, and every other system on every database, in the order of rounds."""
        names = [name for name in self.options.systems if name != "floor"]
        floor = [self._shared("floor", "sqlite")] if "floor" in self.options.systems else []
        return floor + [self._shared(n, kind) for n in names for kind in self.options.databases]

    def hexkeys(self, scheme: str, *, users: int, tokens: int = 0) -> list[Hexkey]:
        """A Hexkey of its own on every database, if Hexkey is measured at all."""
        if "hexkey" not in self.options.systems:
            return []
        kinds = self.options.databases
        return [self._prepared(Hexkey(self._database(k), scheme), users, tokens) for k in kinds]

    def _shared(self, name: str, kind: str) -> System:
        key = (name, kind)
        if key not in self._ready:
            users, tokens = self.options.users, self.options.tokens
            self._ready[key] = self._prepared(MAKERS[name](self._database(kind)), users, tokens)
        return self._ready[key]

    def _database(self, kind: str) -> Database:
        directory = self.directory / f"system{next(self._numbers)}"
        if kind == "sqlite":
            return SqliteDatabase(directory)
        assert self._server is not None, "run() starts it when it is asked for"
        return PostgresDatabase(directory, self._server)

    @staticmethod
    def _prepared(system: AnySystem, users: int, tokens: int) -> AnySystem:
        say(f"seeding {system.label} with {users:,} users …")
        system.prepare(users=users, tokens=tokens)
        return system
