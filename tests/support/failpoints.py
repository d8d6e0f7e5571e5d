"""A database that fails at the n-th thing it is asked, and never again."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine

# What a deed must leave alone if it fails. Tries of a code are spent before it is compared, as
# counters of failures are, which are not looked at; being seen is not part of any deed, and where
# an event stands in the chain is decided later, by somebody else.
_TABLES = (
    *("signing_keys", "roles", "role_permissions", "administration", "api_keys"),
    *("users", "user_roles", "sessions", "state_changes", "one_time_tokens", "outbox"),
    *("webhook_endpoints", "webhook_subscriptions"),
)
_MAY_DIFFER = frozenset({"tries", "last_seen_at", "idle_until"})
_CHAIN = "SELECT id, sequence, digest FROM audit_events ORDER BY id"
_DONE = (
    "SELECT id, type, actor, subject, details FROM audit_events WHERE outcome = 'done' ORDER BY id"
)
_QUERIES = {table: f"SELECT * FROM {table} ORDER BY 1, 2" for table in _TABLES} | {"events": _DONE}

Rows = dict[str, list[dict[str, Any]]]


class Failpoints:
    """Counts statements and commits of an engine on SQLite, and breaks one of them.

    Attributes:
        chain: whether the places of events in the chain are looked at as well.
        reached: whether the one that was to fail has been asked for.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._left = 0
        self.reached = self.chain = False
        for name in ("do_execute", "do_execute_no_params", "do_executemany"):
            event.listen(engine.sync_engine, name, self._statement)
        dialect: Any = engine.sync_engine.dialect
        self._really_commit = dialect.do_commit
        dialect.do_commit = self._commit

    @contextmanager
    def breaking(self, number: int) -> Iterator[None]:
        """Let the statement or commit of this number fail, counted from 1 within the block."""
        self._left, self.reached = number, False
        try:
            yield
        finally:
            self._left = 0

    async def rows(self) -> Rows:
        """What is stored, and what a deed that failed must not have changed."""
        async with self._engine.connect() as connection:
            return {
                table: [
                    {name: it for name, it in row.items() if name not in _MAY_DIFFER}
                    for row in (await connection.execute(text(query))).mappings()
                ]
                for table, query in (_QUERIES | ({"chain": _CHAIN} if self.chain else {})).items()
            }

    def _statement(self, *_: object) -> None:
        if self._is_next():
            raise _busy()

    def _commit(self, connection: Any) -> None:
        if self._is_next():
            raise _busy()
        self._really_commit(connection)

    def _is_next(self) -> bool:
        if self._left == 0:
            return False
        self._left -= 1
        self.reached = self.reached or self._left == 0
        return self._left == 0


def _busy() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("the failpoint")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    return error
