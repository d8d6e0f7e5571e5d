"""What every test may use."""

import pytest

pytest_plugins = [
    *("tests.support.browser", "tests.support.databases", "tests.support.redis"),
    "tests.support.strategies",  # before any property is read, or it would have a deadline
]
pytest.register_assert_rewrite("tests.contracts")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
