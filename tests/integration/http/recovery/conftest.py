"""Fixtures: the application with an address whose mail a test may read."""

from collections.abc import AsyncIterator

import pytest

from tests.support.api import Api, an_api


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with an_api() as api:
        yield api


@pytest.fixture
async def verified_api() -> AsyncIterator[Api]:
    """Where addresses are verified before there is an account."""
    async with an_api(registration="verified") as api:
        yield api


@pytest.fixture
async def invited_api() -> AsyncIterator[Api]:
    """Where nobody comes in without an invitation."""
    async with an_api(registration="invited") as api:
        yield api
