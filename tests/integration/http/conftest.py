"""Fixtures: the application in memory, on both databases, and behind a real socket."""

from collections.abc import AsyncIterator, Iterator

import pytest

from hexkey.entrypoints.http.app import create_app
from tests.support.api import Api, an_api, settings
from tests.support.wire import Wire, serving


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    """In memory, with HTTP Basic on."""
    async with an_api(http_basic=True) as api:
        yield api


@pytest.fixture
async def stored_api(database_url: str) -> AsyncIterator[Api]:
    """On SQLite and on PostgreSQL in turn."""
    async with an_api(database_url=database_url) as api:
        yield api


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    """Behind a socket."""
    with serving(create_app(settings())) as wire:
        yield wire
