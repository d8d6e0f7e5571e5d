"""RA-07: instances that start at once agree on one signing key."""

import asyncio
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

import pytest

from tests.support.faults_families import settings_for, signed_in
from tests.support.faults_http import ask, refresh, whoami
from tests.support.server import Server, running_server

pytestmark = pytest.mark.anyio

INSTANCES = 3


def started(env: dict[str, str], folder: Path, stack: ExitStack) -> Server:
    folder.mkdir()
    return stack.enter_context(running_server(env, folder=folder))


async def stop_all(stacks: list[ExitStack]) -> None:
    await asyncio.gather(*(asyncio.to_thread(stack.close) for stack in stacks))


class TestAFirstStart:
    async def test_ra_07_of_several_instances_makes_one_key(
        self, database_url: str, tmp_path: Path
    ) -> None:
        env = settings_for(database_url) | {"HEXKEY_PUBLIC_URL": "http://127.0.0.1:1"}
        stacks = [ExitStack() for _ in range(INSTANCES)]
        async with AsyncExitStack() as stack:
            stack.push_async_callback(stop_all, stacks)
            servers = await asyncio.gather(
                *(
                    asyncio.to_thread(started, env, tmp_path / str(n), it)
                    for n, it in enumerate(stacks)
                )
            )

            published = [
                (await ask(server.port, "GET", "/.well-known/jwks.json")).body["keys"]
                for server in servers
            ]
            assert [len(keys) for keys in published] == [1] * INSTANCES
            assert len({keys[0]["kid"] for keys in published}) == 1

            [client] = await signed_in(database_url, 1)
            issued = (await refresh(servers[0].port, client.token)).body["access_token"]
            assert {await whoami(server.port, issued) for server in servers} == {200}
