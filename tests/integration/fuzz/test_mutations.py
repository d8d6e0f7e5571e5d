"""IN-19: whatever octets come, no answer is a defect of ours, and no worker ends."""

import json
import re
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

import pytest

from tests.integration.fuzz.conftest import COUNT_VARIABLE, SEED_VARIABLE, Target, number_of
from tests.support.faults_http import ask, whoami
from tests.support.faults_people import PASSWORD, Person
from tests.support.mutations import mutated

pytestmark = pytest.mark.anyio

TOKEN = b"@TOKEN@"  # put in place after the changes, which would hardly ever spare a real one
PATIENCE = 5  # seconds
BATCH = 1000  # each with tokens of its own
AT_ONCE = 4  # or the server would wait for the client, and the client for a hash
BEARER = f"Authorization: Bearer {TOKEN.decode()}"
JSON = "Content-Type: application/json"
FORM = "Content-Type: application/x-www-form-urlencoded"


def good_requests(person: Person, refresh_token: str) -> list[bytes]:
    """One of each kind, as a client writes them."""
    new = {"username": "somebody-else", "email": "else@example.com", "password": PASSWORD}
    change = {"current_password": PASSWORD, "new_password": "a short walk in the sun"}
    profile = {"full_name": "Ada", "picture": "https://example.com/a.png"}
    key = {"name": "nightly", "scopes": ["account:read"], "expires_in": 3600}
    reset = {"token": "hxk_pr_abc", "new_password": "a walk in the fog"}
    return [
        _json("POST /users", new),
        _json("POST /sessions", {"login": person.name, "password": "x"}),
        _request("POST /token", FORM, body=f"username={person.name}&password=x&scope="),
        _json("POST /sessions/refresh", {"refresh_token": refresh_token}),
        _json("PATCH /users/me", profile, BEARER),
        _json("PUT /users/me/password", change, BEARER),
        _json("POST /users/me/api-keys", key, BEARER),
        _json("POST /password-resets", {"email": "ada@example.com"}),
        _json("POST /password-resets/confirm", reset),
        _json("POST /email-verifications/confirm", {"email": "a@b.example", "code": "123456"}),
        _json("PATCH /admin/users/" + person.id, {**profile, "status": "active"}, BEARER),
        _json("POST /admin/users", {"email": "invited@example.com", "roles": ["admin"]}, BEARER),
        *(_request(f"GET {path}", BEARER) for path in PAGES),
        _request(f"GET /users/{person.id}", BEARER),
        _request(f"PUT /admin/users/{person.id}/roles/admin", BEARER),
        _request("GET /users/me", "Authorization: Basic YWRhOmEgbG9uZyB3YWxr"),
        _request("GET /.well-known/jwks.json", 'If-None-Match: "x"', "Range: bytes=0-1"),
        _request(
            "OPTIONS /users", "Origin: https://a.example", "Access-Control-Request-Method: GET"
        ),
    ]


PAGES = (
    *("/users/me", "/sessions", "/users/me/export", "/users/me/api-keys"),
    *("/admin/users?limit=5&cursor=abc", "/admin/users?status=active&role=admin&sort=-created_at"),
    *("/admin/audit-events?type=session.started&limit=5", "/admin/explanations/abc"),
)


def _json(line: str, body: object, *headers: str) -> bytes:
    return _request(line, JSON, *headers, body=json.dumps(body))


def _request(line: str, *headers: str, body: str = "") -> bytes:
    length = [f"Content-Length: {len(body.encode())}"] if body else []
    lines = [f"{line} HTTP/1.1", "Host: 127.0.0.1", *headers, *length, "", body]
    return "\r\n".join(lines).encode()


class TestMutations:
    async def test_in_19_are_answered_or_hung_up_on(self, target: Target) -> None:
        """IN-19: also P118, P124; to see one again, give the seed that is printed."""
        count = number_of(COUNT_VARIABLE, 1000)
        seed = number_of(SEED_VARIABLE, 20260101)
        statuses = Counter[int]()

        for first in range(0, count, BATCH):
            size = min(BATCH, count - first)
            statuses += await batch(target, first, size, seed=seed + first // BATCH)

        found = dict(sorted(statuses.items()))
        print(f"\nIN-19: {count} mutations of seed {seed}: {found}")  # noqa: T201 - `make fuzz` is read
        target.ensure_unharmed()
        assert statuses.total() > count / 2
        assert (await ask(target.server.port, "GET", "/readyz")).status == 200


async def batch(target: Target, first: int, size: int, *, seed: int) -> Counter[int]:
    """What so many are answered with, several at a time.

    They are in the name of somebody who has just signed in: an access token lasts for 15 minutes,
    and with that of the first batch nearly all of a long run would be refused at the door. The
    refresh token is another's, whose session ends when it has come too often.
    """
    port = target.server.port
    token = (await target.administrator()).access_token
    person = await Person.registered(port)
    requests = good_requests(person, (await person.sign_in(port)).refresh_token)
    sent = [it.replace(TOKEN, token.encode()) for it in mutated(requests, size, seed=seed)]
    statuses = Counter[int]()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        answered = threads.map(partial(exchange, port), sent, range(first, first + size))
        for octets, answers in zip(sent, answered, strict=True):
            for status, answer in answers:
                statuses[status] += 1
                assert status < 500, (seed, octets, answer, target.server.log[-2000:])
    assert await whoami(port, token) == 200
    return statuses


def exchange(port: int, octets: bytes, number: int) -> list[tuple[int, bytes]]:
    """What is answered, by status.

    Half a request is followed by the end of the stream, so that the server does not wait for the
    rest; after a whole one that end comes late, or the server would drop what it has to say.
    """
    hop = b"\r\nX-Forwarded-For: 198.51.%d.%d" % (number // 250 % 250, number % 250 + 1)
    octets = octets.replace(b"\r\nHost: 127.0.0.1", b"\r\nHost: 127.0.0.1" + hop, 1)
    data = b""
    address = ("127.0.0.1", port)
    with socket.create_connection(address, timeout=PATIENCE) as connection, suppress(OSError):
        connection.sendall(octets)
        if not looks_whole(octets):
            connection.shutdown(socket.SHUT_WR)
        while piece := _received(connection):
            data += piece
            if looks_whole(data):
                connection.shutdown(socket.SHUT_WR)
    answers = data.split(b"HTTP/1.1 ")[1:]
    return [(int(it[:3]), it) for it in answers if it[:3].isdigit()]


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except TimeoutError:  # we took it for whole, and the server waits for more
        connection.shutdown(socket.SHUT_WR)
        return connection.recv(65536)


def looks_whole(octets: bytes) -> bool:
    """Whether there is a head, and all of the body that the head tells of."""
    head, end, body = octets.partition(b"\r\n\r\n")
    told = re.search(rb"\r\ncontent-length: *(\d{1,9})\r\n", head + end, re.IGNORECASE)
    return bool(end) and b"chunked" not in head and len(body) >= int(told[1] if told else 0)
