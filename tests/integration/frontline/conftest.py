"""Fixtures: nginx before two instances on PostgreSQL and Redis, all of them plain processes."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.faults_families import settings_for
from tests.support.nginx import NAME, Nginx, NoNginx, running_nginx
from tests.support.postgres import drop_database, fresh_database
from tests.support.redis import RedisServer
from tests.support.server import Server, run_program, running_server

SECONDS = 1  # instead of 10, which the shipped file says


@dataclass(frozen=True)
class FrontLine:
    """What clients see, and what is behind it."""

    nginx: Nginx
    instances: list[Server]
    settings: dict[str, str]
    folder: Path


@pytest.fixture(scope="module")
def frontline(
    postgres_server: str, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FrontLine]:
    folder = tmp_path_factory.mktemp("frontline")
    url = fresh_database(postgres_server)
    settings = {
        **settings_for(url),
        "HEXKEY_PUBLIC_URL": f"https://{NAME}",
        "HEXKEY_TRUSTED_PROXIES": "127.0.0.1",
        "HEXKEY_REDIS_URL": redis_server.url,
        "HEXKEY_ENVIRONMENT": "production",
        "HEXKEY_ALLOWED_HOSTS": "127.0.0.1",
        "HEXKEY_WORKER": "false",
    }
    assert run_program("migrate", folder=folder, env=settings).returncode == 0
    try:
        with ExitStack() as stack:
            instances = [stack.enter_context(_instance(folder / name, settings)) for name in "ab"]
            ports = [it.port for it in instances]
            try:
                nginx = stack.enter_context(running_nginx(folder, ports, seconds=SECONDS))
            except NoNginx:
                pytest.skip("no nginx: install nginx-light")
            yield FrontLine(nginx, instances, settings, folder)
    finally:
        drop_database(postgres_server, url)


def _instance(folder: Path, settings: dict[str, str]) -> AbstractContextManager[Server]:
    folder.mkdir()
    return running_server({**settings, "HEXKEY_ACCESS_LOG": "true"}, folder=folder)
