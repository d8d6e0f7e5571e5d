"""RF-20, RF-21, RF-22, RF-24: more people than there is room for, and some of them not honest."""

import asyncio
import resource
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from pathlib import Path

import pytest

from hexkey.domain.authentication.rules import MAX_IN_A_ROW
from tests.support.faults_families import settings_for
from tests.support.faults_http import Answer, Refused, ask, eventually, whoami
from tests.support.faults_ledger import Ledger, p99, sized
from tests.support.faults_people import PASSWORD, Person
from tests.support.server import Server, running_server

pytestmark = pytest.mark.anyio

DESCRIPTORS = 65_000
HALF_A_HEADER = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: "
HALF_A_BODY = (
    b"POST /sessions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Content-Length: 1000\r\n\r\n{"
)


@contextmanager
def many_descriptors() -> Iterator[None]:
    """As many open files as are allowed, here and in what is started meanwhile."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, DESCRIPTORS), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def server(sqlite_path: Path, tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "run").mkdir()
    settings = settings_for(f"sqlite:///{sqlite_path}") | {
        "HEXKEY_PASSWORD_HASHER": "argon2id",
        "HEXKEY_TRUSTED_PROXIES": "127.0.0.1",
    }
    with many_descriptors(), running_server(settings, folder=tmp_path / "run") as server:
        yield server


def opened(server: Server, stack: ExitStack, count: int, begun: bytes) -> list[socket.socket]:
    """So many connections on which something has begun."""
    sockets = []
    for _ in range(count):
        one = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
        one.sendall(begun)
        sockets.append(one)
    return sockets


async def honest(server: Server, ledger: Ledger, over: Callable[[], bool]) -> list[float]:
    """How long whoever just asks has to wait meanwhile."""
    took: list[float] = []
    while not over():
        begun = time.monotonic()
        if (await ask(server.port, "GET", "/livez")).status != 200:
            ledger.broken.append("an honest client was refused")
        ledger.took(begun)
        ledger.acknowledged += 1
        took.append(time.monotonic() - begun)
        await asyncio.sleep(0.02)
    return took


def resident_megabytes(server: Server) -> int:
    lines = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    return int(next(it for it in lines if it.startswith("VmRSS")).split()[1]) // 1024


class TestIdleConnections:
    async def test_rf_20_cost_little(self, server: Server) -> None:
        ledger, idle = Ledger("RF-20 idle connections"), sized(1000, 10_000)
        active = sized(100, 500)
        before = resident_megabytes(server)
        with ExitStack() as stack:
            # What has not been a request yet is closed after ten seconds, so they come at once.
            await asyncio.to_thread(opened, server, stack, idle, b"")
            begun = time.monotonic()
            answers = await asyncio.gather(
                *(ask(server.port, "GET", "/livez") for _ in range(active))
            )
            ledger.slowest = time.monotonic() - begun
            took = await honest(server, ledger, lambda: ledger.acknowledged >= 150)
            memory = resident_megabytes(server)

        assert {it.status for it in answers} == {200}
        ledger.remarks.append(
            f"{idle} idle and {active} active: {before} to {memory} MiB, "
            f"then p99 {p99(took) * 1000:.0f} ms"
        )
        ledger.close()
        assert memory < 400
        assert p99(took) < 0.5


class TestSlowClients:
    @pytest.mark.parametrize(
        "begun",
        [HALF_A_HEADER, HALF_A_BODY],
        ids=["header", "body"],
    )
    async def test_rf_21_are_hung_up_on_while_others_are_served(
        self, server: Server, begun: bytes
    ) -> None:
        """RF-21, IN-03: an octet a second, from a crowd."""
        ledger, crowd = (
            Ledger(f"RF-21 slow {'body' if begun is HALF_A_BODY else 'header'}"),
            sized(300, 1000),
        )
        with ExitStack() as stack:
            sockets = await asyncio.to_thread(opened, server, stack, crowd, begun)
            started = time.monotonic()
            closing = asyncio.create_task(asyncio.to_thread(drip_until_closed, sockets))
            took = await honest(server, ledger, closing.done)
            await closing

        ledger.recovery.append(time.monotonic() - started)
        ledger.remarks.append(f"{crowd} of them; honest p99 {p99(took) * 1000:.0f} ms")
        ledger.close()
        assert max(ledger.recovery) < 14
        assert p99(took) < 0.5, "250 ms on a machine of its own"


def drip_until_closed(sockets: list[socket.socket]) -> None:
    """Send an octet a second to each, as long as it is taken."""
    remaining = list(sockets)
    for _ in range(30):
        remaining = [it for it in remaining if _takes_an_octet(it)]
        if not remaining:
            return
        with socket.socket() as clock:  # nothing sleeps: this waits for what never comes
            clock.settimeout(1)
            clock.bind(("127.0.0.1", 0))
            clock.listen()
            try:
                clock.accept()
            except TimeoutError:
                continue
    raise AssertionError(f"{len(remaining)} are still open")


def _takes_an_octet(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        if connection.recv(65536) == b"":
            return False
    except BlockingIOError:
        pass
    except OSError:
        return False
    try:
        connection.send(b" ")
    except OSError:
        return False
    return True


class TestAFloodOfSignIns:
    async def test_rf_22_is_refused_beyond_the_queue_and_leaves_others_alone(
        self, server: Server
    ) -> None:
        ledger, seconds = Ledger("RF-22 flood of sign-ins"), sized(5, 60)
        person = await Person.registered(server.port)
        token = (await person.sign_in(server.port)).access_token
        statuses: dict[int, int] = {}
        end = time.monotonic() + seconds

        async def guess(number: int) -> None:
            turn = 0
            while time.monotonic() < end:
                turn += 1
                status = await sign_in_as(server, f"nobody-{number}-{turn}", number)
                statuses[status] = statuses.get(status, 0) + 1

        took: list[float] = []

        async def look() -> None:
            while time.monotonic() < end:
                begun = time.monotonic()
                if await whoami(server.port, token) != 200:
                    ledger.broken.append("a token check was refused")
                took.append(time.monotonic() - begun)
                await asyncio.sleep(0.02)

        await asyncio.gather(look(), *(guess(n) for n in range(60)))
        begun = time.monotonic()
        await eventually(lambda: signs_in(server, person), within=10)
        ledger.recovery.append(time.monotonic() - begun)

        ledger.acknowledged = len(took)
        ledger.refused = statuses.get(503, 0)
        ledger.remarks.append(f"sign-ins {dict(sorted(statuses.items()))}")
        ledger.remarks.append(f"token checks p99 {p99(took) * 1000:.0f} ms")
        ledger.close()
        assert set(statuses) <= {401, 429, 503}
        assert statuses[401] > 0
        assert p99(took) < 1, "100 ms on a machine of its own"


async def sign_in_as(server: Server, name: str, network: int, password: str = "a guess") -> int:
    answer = await ask(
        *(server.port, "POST", "/sessions", {"login": name, "password": password}),
        headers={"X-Forwarded-For": address(network)},
    )
    return answer.status


def address(network: int) -> str:
    return f"203.0.{network // 250}.{network % 250 + 1}"


async def signs_in(server: Server, person: Person) -> bool:
    return await sign_in_as(server, person.name, 9999, PASSWORD) == 201


class TestStuffedCredentials:
    async def test_rf_24_open_what_they_fit_and_no_more(self, server: Server) -> None:
        """RF-24: many pairs from many networks; a few of them are right."""
        ledger, pairs, networks = Ledger("RF-24 stuffed"), sized(160, 10_000), sized(37, 997)
        owners = [await Person.registered(server.port) for _ in range(10)]
        right = {0, pairs // 3, 2 * (pairs // 3)}
        found: dict[int, int] = {}

        async def try_pair(number: int) -> int:
            name = owners[number % len(owners)].name
            password = PASSWORD if number in right else f"their old one, {number}"
            return await _patiently(lambda: sign_in_as(server, name, number % networks, password))

        async def stuff(first: int) -> None:
            for number in range(first, pairs, 8):
                found[number] = await try_pair(number)

        at_home = [
            await AtHome.arrived(server, person, 5000 + n) for n, person in enumerate(owners)
        ]
        stuffing = asyncio.gather(*(stuff(first) for first in range(8)))
        succeeded, failed = await signing_in(server, at_home, until=stuffing.done)
        await stuffing

        opened = {number for number, status in found.items() if status == 201}
        statuses = list(found.values())
        ledger.acknowledged, ledger.refused = len(opened) + succeeded, statuses.count(429)
        if opened - right:
            ledger.broken.append("an account was opened with a wrong password")
        if failed > succeeded / 1000:
            ledger.broken.append(f"{failed} of {succeeded + failed} honest sign-ins failed")
        ledger.remarks.append(
            f"{pairs} pairs from {networks} networks: {statuses.count(401)} looked at and wrong, "
            f"{statuses.count(429)} not looked at; {succeeded} honest sign-ins meanwhile"
        )
        ledger.close()
        assert set(statuses) <= {201, 401, 429}
        under_the_limits = {it for it in right if it < MAX_IN_A_ROW * len(owners)}
        assert under_the_limits <= opened <= right


@dataclass(frozen=True)
class AtHome:
    """Somebody on a device that is known."""

    person: Person
    network: int
    device: str

    @classmethod
    async def arrived(cls, server: Server, person: Person, network: int) -> "AtHome":
        answer = await cls(person, network, "new").sign_in(server)
        assert answer.status == 201
        return cls(person, network, answer.headers["x-hexkey-device"])

    async def sign_in(self, server: Server) -> Answer:
        return await ask(
            *(server.port, "POST", "/sessions"),
            {"login": self.person.name, "password": PASSWORD},
            headers={"X-Hexkey-Device": self.device, "X-Forwarded-For": address(self.network)},
        )


async def signing_in(
    server: Server, people: list[AtHome], *, until: Callable[[], bool]
) -> tuple[int, int]:
    """How many sign-ins of `people` succeeded, one after the other, and how many did not."""

    async def status_of(one: AtHome) -> int:
        return (await one.sign_in(server)).status

    statuses: list[int] = []
    for one in cycle(people):
        if until() and len(statuses) >= len(people):
            break
        statuses.append(await _patiently(partial(status_of, one)))
    return statuses.count(201), len(statuses) - statuses.count(201)


async def _patiently(deed: Callable[[], Awaitable[int]]) -> int:
    """Come back when the queue was full, as a careful attacker does."""
    while True:
        try:
            status = await deed()
        except Refused:
            continue
        if status != 503:
            return status
        await asyncio.sleep(0.2)
