"""Fixtures: an API on every kind of store, and two instances on one database."""

from collections.abc import AsyncIterator

import pytest

from tests.support.api import Api, an_api
from tests.support.databases import BOTH


@pytest.fixture(params=["memory", *BOTH])
async def any_api(request: pytest.FixtureRequest, tmp_path: object) -> AsyncIterator[Api]:
    """In memory, on SQLite and on PostgreSQL in turn."""
    url = "memory://"
    if request.param == "sqlite":
        url = f"sqlite:///{request.getfixturevalue('sqlite_path')}"
    elif request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    async with an_api(database_url=url) as api:
        yield api


@pytest.fixture
async def two_apis(database_url: str) -> AsyncIterator[tuple[Api, Api]]:
    """Two instances, on SQLite and on PostgreSQL in turn; their clocks are moved together."""
    async with an_api(database_url=database_url) as one, an_api(database_url=database_url) as two:
        two.container.clock.override(one.container.clock())
        yield one, two
