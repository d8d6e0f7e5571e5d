"""Asking a collector of breaches without telling it the password: k-anonymity by ranges.

The collector is told five of the forty hexadecimal digits of SHA-1 and answers with the endings of
all passwords that begin so, some hundreds; which one was meant stays here. With padding the length
of the answer tells nothing either.
"""

import asyncio
import logging
import re
import ssl
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlsplit

import h11

from hexkey.adapters.breaches.breach_filter import digest_of
from hexkey.application.ports.passwords import BreachedPasswords, BreachesUnanswered
from hexkey.domain.accounts.password import Password

PATIENCE = timedelta(seconds=2)  # for everything: the name, the connection, the whole answer
MAX_ANSWER_OCTETS = 1024 * 1024
DISCLOSED_DIGITS = 5

_ENDING_DIGITS = 40 - DISCLOSED_DIGITS
_LINE = re.compile(rb"[0-9A-Fa-f]{%d}:[0-9]{1,18}[ \t]*" % _ENDING_DIGITS)
_PORTS = {"http": 80, "https": 443}
_log = logging.getLogger("hexkey.passwords")


class NoAnswer(Exception):
    """The collector did not answer as it should; the message holds nothing of a password."""


class BreachRanges(BreachedPasswords):
    """A collector with the interface of Have I Been Pwned's `range`.

    One connection for each question: no redirects, no proxies, no cookies.

    Args:
        url: what the five digits are put after, with a slash.
        trust: whose certificates are believed; the system's authorities by default.
    """

    def __init__(
        self, url: str, *, patience: timedelta = PATIENCE, trust: ssl.SSLContext | None = None
    ) -> None:
        self._url = urlsplit(url)
        self._patience = patience.total_seconds()
        self._trust = trust

    async def contains(self, password: Password) -> bool:
        digits = digest_of(password).hex().upper()
        try:
            async with asyncio.timeout(self._patience):
                listed = _listed(await self._ask(digits[:DISCLOSED_DIGITS]))
        except TimeoutError:
            _log.warning("a password is accepted unasked: no answer from the breach API in time")
            raise BreachesUnanswered from None
        except (OSError, h11.ProtocolError, NoAnswer, UnicodeError) as error:
            reason = str(error) if isinstance(error, NoAnswer) else type(error).__name__
            _log.warning("a password is accepted unasked: breach API: %s", reason)
            # Without the cause: what a library says may repeat the digits.
            raise BreachesUnanswered from None
        return listed.get(digits[DISCLOSED_DIGITS:].encode(), 0) > 0

    async def _ask(self, digits: str) -> bytes:
        encrypted = self._url.scheme == "https"
        host = self._url.hostname or ""
        reader, writer = await asyncio.open_connection(
            host,
            self._url.port or _PORTS[self._url.scheme],
            ssl=self._context() if encrypted else None,
            server_hostname=host if encrypted else None,
        )
        try:
            connection = h11.Connection(h11.CLIENT)
            writer.write(connection.send(self._request(digits)) or b"")
            writer.write(connection.send(h11.EndOfMessage()) or b"")
            await writer.drain()
            return await _answer(connection, reader)
        finally:
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()

    def _request(self, digits: str) -> h11.Request:
        headers = [
            ("host", self._url.netloc),
            ("user-agent", "hexkey"),
            ("add-padding", "true"),
            ("accept-encoding", "identity"),
            ("connection", "close"),
        ]
        return h11.Request(method="GET", target=f"{self._url.path}/{digits}", headers=headers)

    def _context(self) -> ssl.SSLContext:
        if self._trust is None:
            self._trust = ssl.create_default_context()
        return self._trust


async def _answer(connection: h11.Connection, reader: asyncio.StreamReader) -> bytes:
    body = b""
    while True:
        match connection.next_event():
            case h11.NEED_DATA:
                connection.receive_data(await reader.read(64 * 1024))
            case h11.Response(status_code=status) if status != HTTPStatus.OK:
                raise NoAnswer(f"status {status}")
            case h11.Data(data=data):
                body += data
                if len(body) > MAX_ANSWER_OCTETS:
                    raise NoAnswer("an answer without end")
            case h11.EndOfMessage():
                return body


def _listed(answer: bytes) -> dict[bytes, int]:
    """How often each ending was seen; what never was is padding.

    Raises:
        NoAnswer: if there is none, or a line is something else: a page that somebody in between
            has sent with status 200 knows nothing of passwords. An answer without a length that
            was cut where a line ends cannot be told from a whole one.
    """
    lines = answer.strip().splitlines()
    if not lines:
        raise NoAnswer("an empty answer")
    if not all(_LINE.fullmatch(it) for it in lines):
        raise NoAnswer("an answer that is no list of endings and counts")
    return {it[:_ENDING_DIGITS].upper(): int(it[_ENDING_DIGITS + 1 :]) for it in lines}
