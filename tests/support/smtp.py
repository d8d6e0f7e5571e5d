"""A real SMTP server on loopback, in the loop of the test, that can be told to misbehave."""

import asyncio
import email.policy
import ssl
import warnings
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

HOST = "127.0.0.1"
_PARSER = BytesParser(policy=email.policy.SMTPUTF8)


@dataclass(frozen=True, slots=True)
class Received:
    """A mail, as the server got it."""

    sender: str
    recipients: list[str]
    raw: bytes
    encrypted: bool
    signed_in: bool

    @property
    def message(self) -> EmailMessage:
        """The mail, read by the standard library."""
        read = _PARSER.parsebytes(self.raw)
        assert isinstance(read, EmailMessage)
        return read

    @property
    def to(self) -> str:
        """The recipient in the header."""
        return str(self.message["To"])

    @property
    def text(self) -> str:
        """The plain form, decoded."""
        part = self.message.get_body(("plain",))
        assert part is not None
        return str(part.get_content())


@dataclass(kw_only=True)
class PostOffice:
    """What the server has seen, and how it is to answer.

    Attributes:
        replies: to the next commands of that name, instead of taking them; `{content}` repeats
            what was sent.
        hangs_in: commands that are answered only when `patience` is set.
        connections: how many there have been; `open` are those that last, and `deserted` says that
            none does any more.
        commands: those of a transaction that were sent, and `QUIT`.
        sign_ins: how often somebody tried.
    """

    port: int = 0
    replies: dict[str, deque[str]] = field(default_factory=dict)
    hangs_in: set[str] = field(default_factory=set)
    patience: asyncio.Event = field(default_factory=asyncio.Event)
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    open: set[Any] = field(default_factory=set)
    transports: list[Any] = field(default_factory=list)
    deserted: asyncio.Event = field(default_factory=asyncio.Event)
    commands: list[str] = field(default_factory=list)
    sign_ins: int = 0

    def will_say(self, command: str, *replies: str) -> None:
        """Answer the next commands of that name so."""
        self.replies.setdefault(command, deque()).extend(replies)

    async def hang_up(self) -> None:
        """Break every connection, and return when that is done."""
        for transport in self.transports:
            transport.abort()
        for _ in range(4):  # the loop tells both ends
            await asyncio.sleep(0)
        self.transports.clear()

    async def _reply(self, command: str, content: str = "") -> str | None:
        self.commands.append(command)
        if command in self.hangs_in:
            self.reached.set()
            await self.patience.wait()
        waiting = self.replies.get(command)
        return waiting.popleft().replace("{content}", content) if waiting else None

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:
        return await self._reply("QUIT") or "221 Bye"

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        said = await self._reply("MAIL")
        if said is None:
            envelope.mail_from = address
        return said or "250 OK"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        said = await self._reply("RCPT", address)
        if said is None:
            envelope.rcpt_tos.append(address)
        return said or "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        text = " ".join(envelope.content.decode(errors="replace").split())
        said = await self._reply("DATA", text)
        if said is None:
            got = Received(
                sender=envelope.mail_from,
                recipients=list(envelope.rcpt_tos),
                raw=envelope.content,
                encrypted=session.ssl is not None or server.transport.get_extra_info("sslcontext"),
                signed_in=bool(session.authenticated),
            )
            self.received.append(got)
        return said or "250 OK"


class _Session(SMTP):
    """One connection."""

    def __init__(self, office: PostOffice, **options: Any) -> None:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Requiring AUTH while not requiring TLS")
            super().__init__(office, hostname="localhost", **options)
        self._office = office

    def connection_made(self, transport: Any) -> None:
        if self not in self._office.open:  # STARTTLS makes it once more
            self._office.connections += 1
        self._office.open.add(self)
        self._office.deserted.clear()
        self._office.transports.append(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._office.open.discard(self)
        if not self._office.open:
            self._office.deserted.set()
        super().connection_lost(error)


@asynccontextmanager
async def post_office(
    *,
    tls: ssl.SSLContext | None = None,
    from_the_start: bool = False,
    accounts: dict[str, str] | None = None,
    smtputf8: bool = True,
) -> AsyncIterator[PostOffice]:
    """A server while the block lasts.

    Args:
        tls: makes it offer STARTTLS, or speak TLS `from_the_start`.
        accounts: makes it offer AUTH, and demand it.
    """
    office = PostOffice()
    options: dict[str, Any] = {"enable_SMTPUTF8": smtputf8}
    if tls is not None and not from_the_start:
        options |= {"tls_context": tls, "require_starttls": True}
    if accounts is not None:
        options |= {
            "authenticator": _asking(office, accounts),
            "auth_required": True,
            "auth_require_tls": tls is not None and not from_the_start,
        }
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: _Session(office, loop=loop, **options),
        HOST,
        0,
        ssl=tls if from_the_start else None,
    )
    office.port = server.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        office.patience.set()
        server.close()
        await office.hang_up()
        await server.wait_closed()


def _asking(office: PostOffice, accounts: dict[str, str]) -> Callable[..., AuthResult]:
    def ask(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        office.sign_ins += 1
        assert isinstance(data, LoginPassword)
        known = accounts.get(data.login.decode())
        return AuthResult(success=known == data.password.decode(), handled=False)

    return ask
