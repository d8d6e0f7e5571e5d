"""IN-19: whatever octets come, no answer is a defect of ours, and no worker ends."""

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.faults_families import settings_for
from tests.support.faults_http import ask
from tests.support.faults_people import PASSWORD, Person
from tests.support.mutations import mutated
from tests.support.server import Server, running_server

pytestmark = pytest.mark.anyio

COUNT_VARIABLE = "HEXKEY_TEST_FUZZ_COUNT"
SEED_VARIABLE = "HEXKEY_TEST_FUZZ_SEED"


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "run").mkdir()
    settings = settings_for(database_url) | {
        "HEXKEY_PASSWORD_HASHER": "argon2id",
        "HEXKEY_HTTP_BASIC": "true",
        "HEXKEY_TRUSTED_PROXIES": "127.0.0.1",
    }
    with running_server(settings, folder=tmp_path / "run") as server:
        yield server


async def good_requests(server: Server) -> list[bytes]:
    """One of each kind, as a client writes them."""
    person = await Person.registered(server.port)
    signed_in = await person.sign_in(server.port)
    bearer = f"Authorization: Bearer {signed_in.access_token}"
    json_type = "Content-Type: application/json"
    form_type = "Content-Type: application/x-www-form-urlencoded"
    new = {"username": "somebody-else", "email": "else@example.com", "password": PASSWORD}
    change = {"current_password": PASSWORD, "new_password": "a short walk in the sun"}
    profile = {"full_name": "Ada", "picture": "https://example.com/a.png"}
    return [
        _request("POST /users", json_type, body=json.dumps(new)),
        _request(
            "POST /sessions", json_type, body=json.dumps({"login": person.name, "password": "x"})
        ),
        _request("POST /token", form_type, body=f"username={person.name}&password=x&scope="),
        _request(
            "POST /sessions/refresh",
            json_type,
            body=json.dumps({"refresh_token": signed_in.refresh_token}),
        ),
        _request("PATCH /users/me", bearer, json_type, body=json.dumps(profile)),
        _request("PUT /users/me/password", bearer, json_type, body=json.dumps(change)),
        _request("POST /password-resets", json_type, body='{"email": "ada@example.com"}'),
        _request(
            "POST /password-resets/confirm",
            json_type,
            body='{"token": "hxk_pr_abc", "new_password": "a walk in the fog"}',
        ),
        *(
            _request(f"GET {path}", bearer)
            for path in ("/users/me", "/sessions", "/users/me/export")
        ),
        _request(f"GET /users/{person.id}", bearer),
        _request("GET /admin/users?limit=5&cursor=abc", bearer),
        _request("GET /.well-known/jwks.json", 'If-None-Match: "x"', "Range: bytes=0-1"),
        _request(
            "OPTIONS /users", "Origin: https://a.example", "Access-Control-Request-Method: GET"
        ),
    ]


def _request(line: str, *headers: str, body: str = "") -> bytes:
    length = [f"Content-Length: {len(body.encode())}"] if body else []
    lines = [f"{line} HTTP/1.1", "Host: 127.0.0.1", *headers, *length, "", body]
    return "\r\n".join(lines).encode()


class TestMutations:
    async def test_in_19_are_answered_or_hung_up_on(self, server: Server) -> None:
        """IN-19: also P118, P124; to see one again, give the seed that is printed."""
        count = int(os.environ.get(COUNT_VARIABLE, "2500"))
        seed = int(os.environ.get(SEED_VARIABLE, "20260101"))
        worker, statuses = server.process.pid, dict[int, int]()
        requests = await good_requests(server)

        for number, octets in enumerate(mutated(requests, count, seed=seed)):
            for status in exchange(server.port, octets, number):
                statuses[status] = statuses.get(status, 0) + 1
                assert status < 500, (seed, number, octets)

        found = dict(sorted(statuses.items()))
        print(f"\nIN-19: {count} mutations of seed {seed}: {found}")  # noqa: T201 - `make fuzz` is read
        assert server.process.poll() is None
        assert server.process.pid == worker
        assert "Traceback" not in server.log
        assert sum(statuses.values()) > count / 2
        assert (await ask(server.port, "GET", "/readyz")).status == 200


def exchange(port: int, octets: bytes, number: int) -> list[int]:
    """The statuses of what is answered; the server is told that there is no more to come."""
    hop = b"\r\nX-Forwarded-For: 198.51.%d.%d" % (number // 250 % 250, number % 250 + 1)
    octets = octets.replace(b"\r\nHost: 127.0.0.1", b"\r\nHost: 127.0.0.1" + hop, 1)
    data = b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        try:
            connection.sendall(octets)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                data += piece
        except ConnectionError:
            pass
    return [int(it[:3]) for it in data.split(b"HTTP/1.1 ")[1:] if it[:3].isdigit()]
