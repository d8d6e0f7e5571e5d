"""IN-03, IN-15, IN-16, IN-17: the corpora of the server, through a real proxy as well."""

import json
import time

import pytest

from tests.integration.frontline.conftest import SECONDS, FrontLine
from tests.support.nginx import NAME
from tests.support.smuggling import HIDDEN, PATHS, SMUGGLED, TOLERATED, for_host
from tests.support.wire import Reply, Wire, rest

pytestmark = [pytest.mark.postgres, pytest.mark.redis]

HOST = NAME.encode()
REFUSALS = {400, 405, 413, 414, 431, 501, 505}


def ask(frontline: FrontLine, line: bytes, *headers: bytes, body: bytes = b"") -> Reply:
    lines = [line + b" HTTP/1.1", b"Host: " + HOST, *headers, b"Connection: close", b"", body]
    (reply,) = frontline.nginx.exchange(b"\r\n".join(lines))
    return reply


class TestSmuggling:
    @pytest.mark.parametrize("start", SMUGGLED.values(), ids=SMUGGLED)
    def test_in_15_gets_one_refusal_from_the_proxy_too(
        self, frontline: FrontLine, start: bytes
    ) -> None:
        """IN-15, P114, P115, P123: nothing hidden behind it is ever served."""
        found = frontline.nginx.exchange(for_host(start, HOST) + for_host(HIDDEN, HOST))

        assert [it.status in REFUSALS for it in found] == [True]

    @pytest.mark.parametrize("start", TOLERATED.values(), ids=TOLERATED)
    def test_in_15_is_read_by_both_alike_where_the_proxy_mends_it(
        self, frontline: FrontLine, start: bytes
    ) -> None:
        """IN-15: nginx reads what the server itself refuses, and hands it on whole and clean."""
        found = frontline.nginx.exchange(for_host(start, HOST) + for_host(HIDDEN, HOST))

        assert 1 <= len(found) <= 2
        if len(found) == 2:
            assert found[1].status == 401, "the second one was in nobody's body"
        after = ask(frontline, b"GET /livez")
        assert after.status == 200, "and no connection to the server was left in disorder"

    def test_in_15_of_a_protocol_without_headers_reads_one_line(self, frontline: FrontLine) -> None:
        """IN-15: nginx speaks HTTP/0.9, and then hangs up."""
        with frontline.nginx.connect() as connection:
            connection.sendall(b"GET /users/me\r\n" + for_host(HIDDEN, HOST))

            assert b"HTTP/1.1" not in rest(connection)

    def test_in_15_leaves_nothing_in_the_connections_behind(self, frontline: FrontLine) -> None:
        for start in (*SMUGGLED.values(), *TOLERATED.values()):
            frontline.nginx.exchange(for_host(start, HOST) + for_host(HIDDEN, HOST))

            assert ask(frontline, b"GET /livez").status == 200


class TestSlowClient:
    @pytest.mark.parametrize(
        "begun",
        [
            b"",
            b"GET /livez HTTP/1.1\r\nHost: auth",
            b"POST /sessions HTTP/1.1\r\nHost: %s\r\nX: y\r\n" % HOST,
        ],
    )
    def test_in_03_is_hung_up_on_within_its_header(
        self, frontline: FrontLine, begun: bytes
    ) -> None:
        """IN-03, RF-21: also if it drips."""
        started = time.monotonic()
        with frontline.nginx.connect() as connection:
            connection.sendall(begun)

            answer = rest(connection)

        assert not answer or answer.startswith(b"HTTP/1.1 408")
        assert time.monotonic() - started < SECONDS + 4

    def test_in_03_is_hung_up_on_within_its_body(self, frontline: FrontLine) -> None:
        """IN-03: ten seconds for all of it, which the server counts, however it drips."""
        head = b"POST /sessions HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n" % HOST
        started = time.monotonic()
        with frontline.nginx.connect() as connection:
            connection.settimeout(SECONDS / 2)
            connection.sendall(head + b"Content-Length: 1000\r\n\r\n{")
            while time.monotonic() - started < 20:
                try:
                    if not connection.recv(65536):
                        break
                    continue
                except TimeoutError:
                    pass
                except OSError:
                    break
                try:
                    connection.sendall(b" ")
                except OSError:
                    break

        assert time.monotonic() - started < 12


class TestPath:
    @pytest.mark.parametrize("path", PATHS)
    def test_in_16_means_the_same_to_the_proxy_and_to_the_server(
        self, frontline: FrontLine, path: bytes
    ) -> None:
        """IN-16, P82, P123: no spelling of a guarded path is answered without a credential."""
        direct = frontline.instances[0]
        reply = ask(frontline, b"GET " + path)

        assert {reply.status, ask_directly(direct.port, path)} <= {400, 401, 404, 405, 421}


class TestOneMeaning:
    @pytest.mark.parametrize(
        ("line", "headers", "body", "status"),
        [
            (b"GET /admin/users?limit=1&limit=2", [], b"", {400, 401}),
            (b"POST /token", [b"Content-Type: application/x-www-form-urlencoded"],
             b"username=a&username=b&password=c", {400}),
            (b"POST /sessions", [b"Content-Type: application/json", b"Content-Encoding: gzip"],
             b"{}", {415}),
            (b"GET /users/me", [b"X-HTTP-Method-Override: DELETE"], b"", {401}),
            (b"POST /users/me", [b"X-HTTP-Method-Override: GET"], b"", {405}),
            (b"GET /livez", [b"Host: evil.example"], b"", {400}),
            (b"GET http://evil.example/livez", [], b"", {421}),
        ],
    )  # fmt: skip
    def test_in_17_is_what_every_request_has(
        self, frontline: FrontLine, line: bytes, headers: list[bytes], body: bytes, status: set[int]
    ) -> None:
        """IN-17."""
        length = [b"Content-Length: %d" % len(body)] if body else []

        assert ask(frontline, line, *headers, *length, body=body).status in status

    def test_in_17_holds_for_refusals_too(self, frontline: FrontLine) -> None:
        reply = ask(frontline, b"GET /users/me")

        assert json.loads(reply.body)["code"] == "not_authenticated"
        assert reply.headers["www-authenticate"].startswith("Bearer")


def ask_directly(port: int, path: bytes) -> int:
    head = b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n" % path
    return Wire(port).ask(head).status
