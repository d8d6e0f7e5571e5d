"""How large a body may be, and what becomes of one that is larger."""

import asyncio
from contextlib import suppress

from starlette.types import Message, Receive, Scope

from hexkey.entrypoints.http.refusals import ContentTooLarge

MAX_BODY_OCTETS = 64 * 1024
MAX_SWALLOWED_OCTETS = 4 * MAX_BODY_OCTETS  # more than the shipped proxy lets through
SWALLOWING = 1  # seconds that the rest has to arrive


def limited(scope: Scope, receive: Receive) -> Receive:
    """`receive`, which refuses to deliver more than `MAX_BODY_OCTETS` of a body.

    Raises:
        ContentTooLarge: at once, if the request announces such a body.
    """
    announced = _announced_length(scope)
    if announced is not None:
        if announced > MAX_BODY_OCTETS:
            raise ContentTooLarge
        return receive  # the server delivers no more than was announced
    received = 0

    async def receive_counting() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > MAX_BODY_OCTETS:
            raise ContentTooLarge
        return message

    return receive_counting


async def swallow(scope: Scope, receive: Receive) -> None:
    """Read what is left of a body that is a little too large, and forget it.

    A proxy that is still writing when the connection is closed loses the answer that came before.
    """
    announced = _announced_length(scope)
    if announced is None or announced > MAX_SWALLOWED_OCTETS or _expects_to_be_asked(scope):
        return
    with suppress(TimeoutError):
        async with asyncio.timeout(SWALLOWING):
            while (await receive()).get("more_body", False):
                pass


def _expects_to_be_asked(scope: Scope) -> bool:
    """Whether the body is not on its way before it is asked for (RFC 9110 §10.1.1)."""
    return any(name == b"expect" for name, _ in scope["headers"])


def _announced_length(scope: Scope) -> int | None:
    for name, value in scope["headers"]:
        if name == b"content-length":
            # Nineteen digits are enough to be too many, and few enough to be read.
            return int(value.lstrip(b"0")[:19] or b"0") if value.isdigit() else None
    return None
