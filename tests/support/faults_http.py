"""A client that knows whether a request was refused, lost, or answered."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

PATIENCE = 30  # seconds for one answer; whoever waits longer has found a fault


class Refused(Exception):
    """Nobody listens there: the request was never sent."""


class Lost(Exception):
    """The connection broke before the answer was whole: nobody knows what was done."""


@dataclass(frozen=True)
class Answer:
    """One whole answer."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def code(self) -> str:
        """The `code` of a problem; empty for a success."""
        return self.body.get("code", "") if isinstance(self.body, dict) else ""


async def ask(
    port: int,
    method: str,
    path: str,
    body: object = None,
    *,
    token: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """One request on a connection of its own, so that every restart and every worker is met.

    Raises:
        Refused, Lost: as they say.
        TimeoutError: if no answer comes.
    """
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    except OSError as error:
        raise Refused from error
    try:
        writer.write(_request(port, method, path, body, token, headers or {}))
        async with asyncio.timeout(PATIENCE):
            return _answer(await reader.read())
    except ConnectionError as error:
        raise Lost from error
    finally:
        writer.close()


async def refresh(port: int, token: str) -> Answer:
    """Spend a refresh token."""
    return await ask(port, "POST", "/sessions/refresh", {"refresh_token": token})


async def whoami(port: int, access_token: str) -> int:
    """The status of a token check."""
    return (await ask(port, "GET", "/users/me", token=access_token)).status


async def eventually(condition: Callable[[], Awaitable[bool]], *, within: float = 2) -> None:
    """Return as soon as it holds.

    Raises:
        TimeoutError: if it does not within so many seconds.
    """
    async with asyncio.timeout(within):
        while not await condition():  # noqa: ASYNC110 - another process's, so there is no event
            await asyncio.sleep(0.05)


def _request(
    port: int,
    method: str,
    path: str,
    body: object,
    token: str | None,
    headers: Mapping[str, str],
) -> bytes:
    payload = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Connection: close"]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(payload)}"]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + payload


def _answer(octets: bytes) -> Answer:
    head, found, payload = octets.partition(b"\r\n\r\n")
    if not found:
        raise Lost
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in rest)}
    if len(payload) < int(headers.get("content-length", "0")):
        raise Lost
    typed = headers.get("content-type", "").partition(";")[0]
    body = json.loads(payload) if payload and typed.endswith("json") else payload.decode()
    return Answer(int(first.split()[1]), headers, body)
