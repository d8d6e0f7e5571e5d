"""One deployment in memory for every test of a use case."""

import pytest

from tests.support.deployments import MemoryDeployment


@pytest.fixture
async def deployment() -> MemoryDeployment:
    deployment = MemoryDeployment()
    await deployment.ensure_signing_key()
    return deployment
