"""PW-11: a storm of sign-ins waits for itself and for nobody else."""

import asyncio
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

import httpx2
import pytest

from hexkey.adapters.crypto.hashing_pool import MAX_WAITING
from tests.support.http_client import PASSWORD, client_of, token_of
from tests.support.server import Server

pytestmark = pytest.mark.anyio

STORM = 200
MEBIBYTE = 1 << 20


@pytest.fixture(scope="module")
def token(server: Server) -> str:
    with client_of(server) as client:
        client.register("alice")
        client.register("bob")
        return token_of(client.sign_in("bob"))


class TestStorm:
    async def test_pw_11_starves_nobody_and_loses_nothing(self, server: Server, token: str) -> None:
        """PW-11, P122: right and wrong passwords mixed, no verdict is wrong."""
        before = resident(server.process.pid)
        limits = httpx2.Limits(max_connections=None)
        async with httpx2.AsyncClient(base_url=server.url, timeout=120, limits=limits) as client:
            storm = asyncio.gather(*(sign_in(client, number) for number in range(STORM)))
            watched = await watch(client, token, storm)
            answers = await storm

        counts = Counter((it.status_code, right) for it, right in answers)
        assert {status for status, _ in counts} <= {201, 401, 429, 503}
        assert counts[201, False] == 0
        assert counts[401, True] == 0
        assert counts[201, True] >= 1
        assert counts[201, True] + counts[401, False] >= MAX_WAITING, "fewer than may wait"
        assert counts[503, True] + counts[503, False] >= 1
        for answer, _ in answers:
            if answer.status_code in {429, 503}:
                assert int(answer.headers["Retry-After"]) >= 1
        assert {it.status_code for it in watched} == {200}
        waited = median(it.elapsed.total_seconds() for it, _ in answers if it.status_code < 429)
        assert median(it.elapsed.total_seconds() for it in watched) < waited / 10
        assert resident(server.process.pid) - before < 64 * MEBIBYTE


async def sign_in(client: httpx2.AsyncClient, number: int) -> tuple[httpx2.Response, bool]:
    """Half of them right; the wrong ones of many names, so that none has to rest."""
    right = number % 2 == 0
    login = "alice" if right else f"nobody{number}"
    body = {"login": login, "password": PASSWORD}
    return await client.post("/sessions", json=body), right


async def watch(
    client: httpx2.AsyncClient, token: str, storm: "asyncio.Future[Any]"
) -> list[httpx2.Response]:
    """What others see meanwhile."""
    seen = []
    while not storm.done():
        seen.append(await client.get("/livez"))
        seen.append(await client.get("/users/me", headers={"Authorization": f"Bearer {token}"}))
    return seen


def resident(process: int) -> int:
    """Octets of memory, where the system tells."""
    status = Path(f"/proc/{process}/statm")
    return int(status.read_text().split()[1]) * 4096 if status.exists() else 0
