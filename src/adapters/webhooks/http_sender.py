"""Webhooks as HTTP/1.1 requests that cannot be led anywhere but to a public address."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus

import h11

from hexkey.adapters.webhooks.addresses import is_loopback, is_public
from hexkey.application.ports.webhooks import (
    WebhookCall,
    WebhookDelayed,
    WebhookRefused,
    WebhookSender,
)
from hexkey.domain.webhooks import InvalidWebhook, WebhookTarget

PATIENCE = timedelta(seconds=5)  # for everything: the name, the connection, the answer
MOST_ADDRESSES = 4  # of one name are tried
MAX_HEAD_OCTETS = 16 * 1024  # of an answer; nothing after it is read

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[..., Awaitable[Streams]]  # as `asyncio.open_connection` is called


async def resolve(host: str, port: int) -> Sequence[str]:
    """Every address of `host`, as the system's resolver gives them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


class HttpWebhookSender(WebhookSender):
    """One connection for each call: it knows no redirects, proxies, cookies or kept connections.

    A name is resolved once. If any of its addresses is not public the call is refused; otherwise
    one of these very addresses is connected to, so that a name which means something else a
    moment later helps nobody. The certificate must be the name's all the same.

    Args:
        loopback_allowed: for development: `http://localhost` and its like may be called.
        trust: whose certificates are believed; the system's authorities by default.
    """

    def __init__(
        self,
        *,
        loopback_allowed: bool = False,
        patience: timedelta = PATIENCE,
        resolver: Resolve = resolve,
        connect: Connect = asyncio.open_connection,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._loopback_allowed = loopback_allowed
        self._patience = patience.total_seconds()
        self._resolve = resolver
        self._connect = connect
        self._trust = trust

    async def send(self, call: WebhookCall) -> None:
        try:
            target = WebhookTarget.parse(call.url, loopback_allowed=self._loopback_allowed)
        except InvalidWebhook:
            raise WebhookRefused("the URL may not be called") from None
        try:
            async with asyncio.timeout(self._patience):
                status = await self._status(target, call)
        except TimeoutError:
            raise WebhookDelayed(f"no answer within {self._patience:g} s") from None
        except (OSError, h11.ProtocolError, EOFError, UnicodeError) as error:
            raise WebhookDelayed(f"no answer: {type(error).__name__}") from None
        _judge(status)

    async def close(self) -> None:
        """Nothing is kept."""

    async def _status(self, target: WebhookTarget, call: WebhookCall) -> int:
        reader, writer = await self._connected(target)
        try:
            connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_OCTETS)
            for event in _request(target, call):
                writer.write(connection.send(event) or b"")
            await writer.drain()
            return await _status_of(connection, reader)
        finally:
            writer.transport.abort()  # the rest of the answer is nobody's business
            with suppress(OSError):
                await writer.wait_closed()

    async def _connected(self, target: WebhookTarget) -> Streams:
        failure: OSError | None = None
        for address in await self._addresses(target):
            try:
                return await self._connect(
                    address,
                    target.port,
                    ssl=self._context() if target.is_encrypted else None,
                    server_hostname=target.host if target.is_encrypted else None,
                )
            except OSError as error:
                failure = error
        raise failure or OSError("the name has no address")

    async def _addresses(self, target: WebhookTarget) -> Sequence[str]:
        found = await self._resolve(target.host, target.port)
        allowed = is_loopback if target.is_loopback else is_public
        if not all(map(allowed, found)):
            raise WebhookRefused("the name leads to an address that is not public")
        return found[:MOST_ADDRESSES]

    def _context(self) -> ssl.SSLContext:
        if self._trust is None:
            self._trust = ssl.create_default_context()
        return self._trust


def _request(
    target: WebhookTarget, call: WebhookCall
) -> tuple[h11.Request, h11.Data, h11.EndOfMessage]:
    headers = [
        ("host", target.authority),
        ("user-agent", "hexkey-webhooks"),
        ("accept-encoding", "identity"),
        ("content-length", str(len(call.body))),
        ("connection", "close"),
        *call.headers,
    ]
    request = h11.Request(method="POST", target=target.path, headers=headers)
    return request, h11.Data(data=call.body), h11.EndOfMessage()


async def _status_of(connection: h11.Connection, reader: asyncio.StreamReader) -> int:
    while True:
        event = connection.next_event()
        if isinstance(event, h11.Response):
            return event.status_code
        if event is h11.NEED_DATA:
            octets = await reader.read(MAX_HEAD_OCTETS)
            if not octets:
                raise EOFError
            connection.receive_data(octets)


def _judge(status: int) -> None:
    if status == HTTPStatus.GONE:
        raise WebhookRefused("the endpoint answered 410: it is gone")
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        raise WebhookDelayed(f"the endpoint answered {status}; redirects are not followed")
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        raise WebhookDelayed(f"the endpoint answered {status}")
