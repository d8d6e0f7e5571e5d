"""What an issuer publishes, fetched with httpx2. Nothing that comes back is believed here."""

import asyncio
import re
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus

import httpx2

from hexkey.application.ports.issuer import Issuer, IssuerUnreachable, Published

PATIENCE = timedelta(seconds=5)  # for a whole answer, beyond what was asked to be waited for
MAX_KEYS_OCTETS = 256 * 1024
MAX_LIST_OCTETS = 4 * 1024 * 1024

_MAX_AGE = re.compile(r"(?:^|[,\s])max-age=\"?(\d{1,9})\b", re.IGNORECASE)


class HttpIssuer(Issuer):
    """Asks `address`, follows no redirect, and reads no more than it must.

    Args:
        address: where the issuer is reached, without a slash at its end.
        patience: how long an answer may take altogether, so that a trickle does not hold us.
    """

    def __init__(self, address: str, *, patience: timedelta = PATIENCE) -> None:
        self._address = address
        self._patience = patience.total_seconds()
        self._client = httpx2.AsyncClient(
            follow_redirects=False,
            timeout=None,  # ours is for a whole answer, not for each of its parts
            # Compressed, a small answer could become a large one.
            headers={"Accept-Encoding": "identity", "User-Agent": "hexkey-remote"},
        )

    async def keys(self) -> Published:
        status, headers, text = await self._get("/.well-known/jwks.json", most=MAX_KEYS_OCTETS)
        _expect(status, HTTPStatus.OK)
        found = _MAX_AGE.search(headers.get("cache-control", ""))
        return Published(text, max_age=timedelta(seconds=int(found[1])) if found else None)

    async def revocations(self, *, known: str | None, wait: timedelta) -> Published | None:
        seconds = int(wait.total_seconds())
        status, headers, text = await self._get(
            "/.well-known/revocations",
            parameters={"wait": str(seconds)},
            headers={} if known is None else {"If-None-Match": known},
            most=MAX_LIST_OCTETS,
            wait=seconds,
        )
        if known is not None and status == HTTPStatus.NOT_MODIFIED:
            return None
        _expect(status, HTTPStatus.OK)
        return Published(text, tag=headers.get("etag"))

    async def close(self) -> None:
        await self._client.aclose()

    async def _get(
        self,
        path: str,
        *,
        most: int,
        parameters: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        wait: int = 0,
    ) -> tuple[int, Mapping[str, str], str]:
        within = self._patience + wait
        request = self._client.build_request(
            "GET", self._address + path, params=parameters, headers=headers
        )
        try:
            async with asyncio.timeout(within):
                response = await self._client.send(request, stream=True)
                try:
                    return response.status_code, response.headers, await _text(response, most)
                finally:
                    await response.aclose()
        except (httpx2.HTTPError, TimeoutError) as error:
            raise IssuerUnreachable(f"no answer: {type(error).__name__}") from error


def _expect(status: int, expected: HTTPStatus) -> None:
    if status != expected:
        raise IssuerUnreachable(f"the answer is {status}, not {expected.value}")


async def _text(response: httpx2.Response, most: int) -> str:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise IssuerUnreachable("the answer is compressed, though that was not asked for")
    octets = bytearray()
    async for chunk in response.aiter_raw():
        octets += chunk
        if len(octets) > most:
            raise IssuerUnreachable(f"the answer is longer than {most} bytes")
    try:
        return octets.decode("utf-8")
    except UnicodeError:
        raise IssuerUnreachable("the answer is no text") from None
