"""Fixtures: a real server on SQLite, one for each module that asks for no other."""

from collections.abc import Iterator

import pytest

from tests.support.http_client import Client, client_of
from tests.support.server import Server, running_server


@pytest.fixture(scope="module")
def env() -> dict[str, str]:
    """The settings of this module's server."""
    return {}


@pytest.fixture(scope="module")
def server(env: dict[str, str]) -> Iterator[Server]:
    with running_server(env) as server:
        yield server


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    with client_of(server) as client:
        yield client
