"""FE-06, P112: webhooks reach public addresses, and a server inside is never even touched."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hexkey.adapters.webhooks.http_sender import MAX_HEAD_OCTETS, HttpWebhookSender, Streams
from hexkey.application.ports.webhooks import WebhookDelayed, WebhookRefused
from tests.contracts.webhook_sender import CALL, WebhookSenderContract
from tests.support.certificates import Authority
from tests.support.hook_server import HookServer, hook_server

pytestmark = pytest.mark.anyio

NAME, PUBLIC, OTHER = "hooks.example.com", "93.184.216.34", "93.184.216.35"
AUTHORITY = Authority()


@dataclass
class Internet:
    """Resolves as it is told, and lets the one public address be the server on loopback.

    Attributes:
        answers: of the resolver, one after another; the last one stays.
        asked: which names were resolved.
        connected: to which addresses.
    """

    hooks: HookServer
    answers: list[Sequence[str]] = field(default_factory=lambda: [[PUBLIC]])
    asked: list[str] = field(default_factory=list)
    connected: list[str] = field(default_factory=list)

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def connect(self, address: str, port: int, **options: Any) -> Streams:
        self.connected.append(address)
        if address != PUBLIC:
            raise OSError("nobody there")
        return await asyncio.open_connection("127.0.0.1", self.hooks.port, **options)

    def sender(self, trust: ssl.SSLContext | None = None, **options: Any) -> HttpWebhookSender:
        return HttpWebhookSender(
            resolver=self.resolve,
            connect=self.connect,
            trust=trust or AUTHORITY.trusting(),
            **options,
        )


@pytest.fixture
async def hooks(tmp_path: Path) -> AsyncIterator[HookServer]:
    async with hook_server(AUTHORITY.serving(tmp_path, NAME)) as server:
        yield server


@pytest.fixture
def internet(hooks: HookServer) -> Internet:
    return Internet(hooks)


class TestHttpWebhookSender(WebhookSenderContract):
    @pytest.fixture
    def sender(self, internet: Internet) -> HttpWebhookSender:
        self._hooks = internet.hooks
        return internet.sender()

    def answer(self, status: int) -> None:
        self._hooks.answer = f"HTTP/1.1 {status} Words\r\nContent-Length: 0\r\n\r\n".encode()

    async def test_says_what_it_was_told_and_no_more(self, internet: Internet) -> None:
        await internet.sender().send(replace(CALL, url=f"https://{NAME}/in?a=b"))

        head, _, body = internet.hooks.requests[0].partition(b"\r\n\r\n")
        assert body == CALL.body
        assert head.lower().decode().splitlines() == [
            "post /in?a=b http/1.1",
            f"host: {NAME}",
            "user-agent: hexkey-webhooks",
            "accept-encoding: identity",
            f"content-length: {len(CALL.body)}",
            "connection: close",
            "content-type: application/json",
            "webhook-id: 1",
        ]


class TestName:
    async def test_fe_06_is_resolved_once_and_that_address_is_called(
        self, internet: Internet
    ) -> None:
        """A name that means something else a moment later (rebinding) helps nobody."""
        internet.answers = [[PUBLIC], ["127.0.0.1"]]

        await internet.sender().send(CALL)

        assert (internet.asked, internet.connected) == ([NAME], [PUBLIC])
        assert internet.hooks.names == [NAME]  # SNI: the name, though the address was called

    async def test_fe_06_is_refused_when_it_has_been_bound_anew(self, internet: Internet) -> None:
        internet.answers = [[PUBLIC], ["127.0.0.1"]]
        sender = internet.sender()
        await sender.send(CALL)

        with pytest.raises(WebhookRefused, match="not public"):
            await sender.send(CALL)

        assert internet.hooks.connections == 1
        assert internet.connected == [PUBLIC]

    @pytest.mark.parametrize(
        "address",
        [
            *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254"),
            *("100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "198.18.0.1"),
            *("::1", "::", "::ffff:127.0.0.1", "::7f00:1", "64:ff9b::7f00:1", "2002:7f00:1::"),
            *("fe80::1", "fe80::1%eth0", "fd00:ec2::254", "ff02::1", "168.63.129.16"),
        ],
    )
    @pytest.mark.parametrize("place", [0, 1])
    async def test_fe_06_is_refused_if_any_address_is_not_public(
        self, internet: Internet, address: str, place: int
    ) -> None:
        internet.answers = [[PUBLIC, address] if place else [address, PUBLIC]]

        with pytest.raises(WebhookRefused, match="not public"):
            await internet.sender().send(CALL)

        assert internet.connected == []
        assert internet.hooks.connections == 0

    async def test_is_tried_at_each_of_its_addresses(self, internet: Internet) -> None:
        internet.answers = [[OTHER, PUBLIC]]

        await internet.sender().send(CALL)

        assert internet.connected == [OTHER, PUBLIC]

    @pytest.mark.parametrize("found", [[], [OTHER]])
    async def test_may_lead_nowhere_for_a_while(self, internet: Internet, found: list[str]) -> None:
        internet.answers = [found]

        with pytest.raises(WebhookDelayed):
            await internet.sender().send(CALL)


class TestSystemResolver:
    """Each of these is this very machine to some program; none is ever called."""

    @pytest.mark.parametrize(
        "host",
        [
            *("127.0.0.1", "localhost", "LOCALHOST", "localhost.", "foo.localhost", "[::1]"),
            *("127.1", "127.0.1", "0", "0.0.0.0", "2130706433", "017700000001", "0x7f000001"),
            *("0x7f.0.0.1", "0177.0.0.1", "0x7f.1", "127.000.000.001", "[::]", "[::ffff:7f00:1]"),
            *("[::ffff:127.0.0.1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[64:ff9b::127.0.0.1]"),
            *("[2002:7f00:1::]", "①②⑦.⓪.⓪.①", "127。0。0。1", "ⓛocalhost", "169.254.169.254"),
        ],
    )
    @pytest.mark.parametrize("scheme", ["https", "http"])
    async def test_fe_06_reaches_nobody_inside(
        self, hooks: HookServer, scheme: str, host: str
    ) -> None:
        sender = HttpWebhookSender(trust=AUTHORITY.trusting())

        with pytest.raises((WebhookRefused, WebhookDelayed)):
            await sender.send(replace(CALL, url=f"{scheme}://{host}:{hooks.port}/"))

        assert hooks.connections == 0


class TestRedirect:
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    async def test_fe_06_leads_nowhere(
        self, internet: Internet, tmp_path: Path, status: int
    ) -> None:
        async with hook_server(AUTHORITY.serving(tmp_path, "localhost")) as inside:
            where = f"https://localhost:{inside.port}/"
            internet.hooks.answer = (
                f"HTTP/1.1 {status} Moved\r\nLocation: {where}\r\nContent-Length: 0\r\n\r\n"
            ).encode()

            with pytest.raises(WebhookDelayed, match="not followed"):
                await internet.sender().send(CALL)

            assert inside.connections == 0


class TestAnswer:
    async def test_fe_06_is_not_awaited_for_ever(self, internet: Internet) -> None:
        internet.hooks.answer = None

        with pytest.raises(WebhookDelayed, match="no answer within"):
            await internet.sender(patience=timedelta(seconds=0.2)).send(CALL)

    @pytest.mark.parametrize(
        "answer",
        [
            b"",
            b"SSH-2.0-OpenSSH\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nbroken header\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nX: " + b"x" * 2 * MAX_HEAD_OCTETS,
            b"HTTP/1.1 100 Continue\r\n\r\n",
        ],
    )
    async def test_may_be_nonsense(self, internet: Internet, answer: bytes) -> None:
        internet.hooks.answer = answer

        with pytest.raises(WebhookDelayed, match="no answer"):
            await internet.sender().send(CALL)

    async def test_fe_06_is_not_read_beyond_its_head(self, internet: Internet) -> None:
        internet.hooks.answer = (
            b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 5_000_000
        )

        await internet.sender().send(CALL)

    async def test_may_be_preceded_by_others(self, internet: Internet) -> None:
        internet.hooks.answer = (
            b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        )

        await internet.sender().send(CALL)


class TestCertificate:
    async def test_cr_06_must_be_of_somebody_we_believe(self, internet: Internet) -> None:
        with pytest.raises(WebhookDelayed, match="SSLCertVerificationError"):
            await internet.sender(Authority().trusting()).send(CALL)

        assert internet.hooks.requests == []

    async def test_cr_06_must_be_of_that_very_name(self, internet: Internet) -> None:
        with pytest.raises(WebhookDelayed, match="SSLCertVerificationError"):
            await internet.sender().send(replace(CALL, url="https://other.example.com/"))

        assert internet.hooks.requests == []


class TestDevelopment:
    async def test_may_call_this_machine_without_tls(self) -> None:
        async with hook_server() as hooks:
            sender = HttpWebhookSender(loopback_allowed=True)

            await sender.send(replace(CALL, url=f"http://127.0.0.1:{hooks.port}/in"))

            assert hooks.connections == 1

    async def test_fe_06_still_believes_no_name_that_leads_inside(self, internet: Internet) -> None:
        internet.answers = [["127.0.0.1"]]

        with pytest.raises(WebhookRefused):
            await internet.sender(loopback_allowed=True).send(CALL)

        assert internet.connected == []

    async def test_fe_06_takes_localhost_for_nothing_else(self, internet: Internet) -> None:
        internet.answers = [["10.0.0.1"]]

        with pytest.raises(WebhookRefused):
            await internet.sender(loopback_allowed=True).send(
                replace(CALL, url="http://localhost:9000/")
            )


class TestEnvironment:
    async def test_fe_06_names_no_proxy(
        self, internet: Internet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with hook_server() as proxy:
            for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
                monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
            with suppress(WebhookDelayed):
                await internet.sender().send(CALL)

            assert proxy.connections == 0
            assert internet.hooks.connections == 1
