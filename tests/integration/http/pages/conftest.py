"""Fixtures: the application, and a visitor of its pages."""

from collections.abc import AsyncIterator

import pytest

from tests.support.api import Api, an_api
from tests.support.visiting import Visitor


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    """Behind TLS, as browsers demand it for `no-referrer` forms."""
    async with an_api(public_url="https://testserver") as api:
        yield api


@pytest.fixture
async def visitor(api: Api) -> Visitor:
    return Visitor(api)
