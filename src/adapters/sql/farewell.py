"""Connections to PostgreSQL that nobody waits for when they are given up."""

import asyncio
from contextlib import suppress

import asyncpg

_CAN_FAIL = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


class BriefConnection(asyncpg.Connection):  # type: ignore[misc]  # the driver has no types
    """Closed in the background where that may take as long as `timeout`.

    The pool gives a connection up in the middle of a request, and closing it in good order, which
    also cancels its statement, takes until the server answers.
    """

    __slots__ = ()

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109  # the driver's
        """Close; with a limit, it is only begun."""
        if timeout is None or self.is_closed():
            await super().close(timeout=timeout)
            return
        farewell = asyncio.create_task(self._take_leave(timeout))
        _farewells.add(farewell)
        farewell.add_done_callback(_farewells.discard)

    async def _take_leave(self, seconds: float) -> None:
        with suppress(*_CAN_FAIL):
            await super().close(timeout=seconds)


_farewells: set[asyncio.Task[None]] = set()  # or nothing would refer to them
