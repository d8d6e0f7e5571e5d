"""One deployment in memory, with its postman."""

import pytest

from tests.support.account_life import AccountLife
from tests.support.deployments import MemoryDeployment


@pytest.fixture
def life(deployment: MemoryDeployment) -> AccountLife:
    return AccountLife(deployment)
