"""Connections to one SMTP server, kept between mails."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import aiosmtplib

from hexkey.adapters.mail.smtp_server import Encryption, SmtpServer

MOST_CONNECTIONS = 4  # what mail providers allow one client at least
KEPT_IDLE = timedelta(seconds=30)  # servers may hang up after 5 minutes (RFC 5321 §4.5.3.2.7)


class CannotAgree(Exception):
    """The server lacks something that we insist on; the message says what it does."""


class Connection(aiosmtplib.SMTP):
    """One connection, signed in.

    Attributes:
        AUTH_METHODS: both are safe over TLS; a third would be a third failure where they are
            counted.
    """

    AUTH_METHODS = ("plain", "login")

    def leave(self) -> None:
        """Say good-bye, and do not wait for the answer."""
        if self.protocol is not None and self.is_connected:
            self.protocol.write(b"QUIT\r\n")
        self.close()


class SmtpConnections:
    """Opens connections when they are needed, and closes them when they are not.

    Args:
        name: how this client calls itself (EHLO).
        connect_within: for the whole of connecting, TLS and signing in.
    """

    def __init__(
        self,
        server: SmtpServer,
        *,
        name: str,
        connect_within: timedelta,
        kept_idle: timedelta = KEPT_IDLE,
        most: int = MOST_CONNECTIONS,
    ) -> None:
        self._server = server
        self._name = name
        self._connect_within = connect_within.total_seconds()
        self._kept_idle = kept_idle.total_seconds()
        self._free_places = asyncio.Semaphore(most)
        self._idle: dict[Connection, asyncio.TimerHandle] = {}
        self._tls: ssl.SSLContext | None = None

    @property
    def idle(self) -> int:
        """How many are open and not in use."""
        return sum(connection.is_connected for connection in self._idle)

    @asynccontextmanager
    async def one(self, *, fresh: bool = False) -> AsyncIterator[Connection]:
        """A connection for the caller alone; it is kept if nothing is raised.

        Args:
            fresh: whether it must be a new one, because a kept one was dead.

        Raises:
            CannotAgree, OSError, aiosmtplib.SMTPException: if there is none to be had.
        """
        async with self._free_places:
            connection = (None if fresh else self._kept()) or await self._opened()
            try:
                yield connection
            except BaseException:
                connection.close()  # nobody knows what the server is about to say
                raise
            self._keep(connection)

    async def close(self) -> None:
        """Say good-bye on all that are idle; those in use are not touched."""
        while self._idle:
            connection, timer = self._idle.popitem()
            timer.cancel()
            connection.leave()

    def _kept(self) -> Connection | None:
        while self._idle:
            connection, timer = self._idle.popitem()
            timer.cancel()
            if connection.is_connected:
                return connection
            connection.close()
        return None

    def _keep(self, connection: Connection) -> None:
        if connection.is_connected:
            loop = asyncio.get_running_loop()
            self._idle[connection] = loop.call_later(self._kept_idle, self._drop, connection)

    def _drop(self, connection: Connection) -> None:
        del self._idle[connection]
        connection.leave()

    async def _opened(self) -> Connection:
        connection = Connection(
            hostname=self._server.host,
            port=self._server.port,
            local_hostname=self._name,
            use_tls=self._server.encryption is Encryption.FROM_THE_START,
            start_tls=False,  # see below; `None` would send in clear to a server without it
            timeout=None,  # one limit for all, around it
        )
        try:
            async with asyncio.timeout(self._connect_within):
                await self._introduce(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    async def _introduce(self, connection: Connection) -> None:
        trusting = await self._trusting()
        await connection.connect(tls_context=trusting)
        if self._server.encryption is Encryption.STARTTLS:
            await connection.ehlo()
            if not connection.supports_extension("starttls"):
                raise CannotAgree("offers no STARTTLS, so nothing was sent")
            await connection.starttls(tls_context=trusting)
        await connection.ehlo()
        if self._server.user:
            if not connection.supported_auth_methods:
                raise CannotAgree("offers no way to sign in (AUTH PLAIN or LOGIN)")
            await connection.login(self._server.user, self._server.password)

    async def _trusting(self) -> ssl.SSLContext | None:
        if self._tls is None:
            # Reading the system's authorities takes 20 ms.
            self._tls = await asyncio.to_thread(self._server.tls_context)
        return self._tls
