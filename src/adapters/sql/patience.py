"""How long one request waits for the database, in all its transactions together.

Each statement has a limit of its own, but a request has many, and what a flow does when one fails
is often to try another. Whoever asked is told to come back after `PATIENCE`.
"""

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from hexkey.application.audit.context import current_request

PATIENCE = timedelta(seconds=4.5)  # and half a second for everything else makes five

_T = TypeVar("_T")


def patience(at_most: timedelta) -> timedelta:
    """What is left of it for the request that is served; `at_most` if nobody waits."""
    request = current_request()
    if request.request_id is None:
        return at_most
    return max(timedelta(0), min(at_most, PATIENCE - timedelta(seconds=request.waited)))


@contextmanager
def waiting() -> Iterator[None]:
    """Count the time that passes inside."""
    request = current_request()
    now = asyncio.get_running_loop().time
    begun = now()
    try:
        yield
    finally:
        request.waited += now() - begun


async def patiently(engine: AsyncEngine, deed: Awaitable[_T]) -> _T:
    """Await what the database does.

    Raises:
        TimeoutError: if the patience of the request that is served ends first, and the database
            is one that may say nothing. SQLite has only locks to wait for, and is told how long.
    """
    request = current_request()
    if request.request_id is None:
        return await deed
    limit = PATIENCE.total_seconds() - request.waited
    with waiting():
        async with asyncio.timeout(None if engine.dialect.name == "sqlite" else limit):
            return await deed
