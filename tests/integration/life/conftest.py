"""Fixtures: the life of an account on a real database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.api import Api, an_api
from tests.support.failpoints import Failpoints

HOOK = "https://hooks.example.com/hexkey"


@pytest.fixture
async def api(sqlite_path: Path) -> AsyncIterator[Api]:
    """On SQLite, with an application that wants to hear of everything."""
    async with an_api(database_url=f"sqlite:///{sqlite_path}") as api:
        await api.container.add_webhook()(url=HOOK)
        yield api


@pytest.fixture
def failpoints(api: Api) -> Failpoints:
    return Failpoints(api.container.engine())
