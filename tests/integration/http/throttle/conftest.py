"""Attempts from wherever a test likes: a proxy is trusted."""

from collections.abc import AsyncIterator

import pytest

from tests.support.api import Api, an_api


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with an_api(http_basic=True, trusted_proxies=("127.0.0.1",)) as api:
        yield api
