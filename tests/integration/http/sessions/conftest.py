"""Fixtures: an API on every kind of store, and two instances on one database."""

from collections.abc import AsyncIterator

import pytest

from tests.support.api import Api, an_api
from tests.support.databases import BOTH
from tests.support.doubles import FrozenClock


@pytest.fixture(params=["memory", *BOTH])
async def any_api(request: pytest.FixtureRequest) -> AsyncIterator[Api]:
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
    """Two instances with one clock, on SQLite and on PostgreSQL in turn."""
    clock = FrozenClock()
    async with (
        an_api(clock, database_url=database_url) as one,
        an_api(clock, database_url=database_url) as two,
    ):
        yield one, two
