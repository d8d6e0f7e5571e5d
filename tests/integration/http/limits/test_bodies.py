"""Bodies: how much is taken, and in which form."""

import pytest

from tests.support.wire import HOST, Wire, chunk, request

MEBIBYTE = 1 << 20
JSON = b"Content-Type: application/json"
CHUNKED = b"Transfer-Encoding: chunked"
FORM = b"Content-Type: application/x-www-form-urlencoded"
ENDPOINTS = [("POST", b"/users", JSON), ("POST", b"/token", FORM), ("GET", b"/livez", JSON)]


@pytest.mark.parametrize(("method", "path", "media_type"), ENDPOINTS)
class TestBodyOf20Megabytes:
    def test_in_01_is_refused_by_its_announcement(
        self, wire: Wire, method: str, path: bytes, media_type: bytes
    ) -> None:
        """IN-01, X6."""
        before = wire.received
        announced = b"Content-Length: %d" % (20 * MEBIBYTE)
        head = request(method, path, media_type, announced)

        reply = wire.ask(head)

        assert reply.status == 413
        assert wire.received - before == len(head)

    def test_in_01_is_refused_when_it_comes_in_chunks(
        self, wire: Wire, method: str, path: bytes, media_type: bytes
    ) -> None:
        """IN-01, X6: what is taken of it is at most 128 KiB.

        In step, because one read of a socket may take more than that from a quicker client.
        """
        before = wire.received
        pieces = [chunk(b" " * 8192)] * (20 * MEBIBYTE // 8192)

        replies = wire.exchange_in_step(request(method, path, media_type, CHUNKED), *pieces)

        assert [it.status for it in replies] in ([413 if method == "POST" else 200], [])
        assert wire.received - before <= 128 * 1024


class TestBodyOf200Kilobytes:
    def test_in_01_is_read_to_its_end_and_then_refused(self, wire: Wire) -> None:
        """IN-01: a proxy that is still writing would lose an answer that came before."""
        before, body = wire.received, b"x" * 200_000
        head = request("POST", b"/sessions", JSON, b"Content-Length: %d" % len(body))

        assert wire.ask(head, body).status == 413
        assert wire.received - before == len(head) + len(body)

    def test_in_01_is_not_waited_for(self, wire: Wire) -> None:
        head = request("POST", b"/sessions", JSON, b"Content-Length: 200000")

        assert wire.ask(head, b"x").status == 413

    def test_in_01_is_not_asked_for(self, wire: Wire) -> None:
        expecting = (b"Content-Length: 200000", b"Expect: 100-continue")

        assert wire.ask(request("POST", b"/sessions", JSON, *expecting)).status == 413


class TestEndlessBody:
    def test_in_01_that_nobody_reads_ends_the_connection(self, wire: Wire) -> None:
        """IN-01: also where the client would like to keep it."""
        before = wire.received
        kept = b"GET /livez HTTP/1.1\r\n" + HOST + CHUNKED + b"\r\n\r\n"

        replies = wire.exchange_in_step(kept, *[chunk(b" " * 8192)] * 2000)

        assert [it.status for it in replies] in ([200], [])  # a reset may overtake the answer
        assert wire.received - before <= 128 * 1024


class TestBody:
    def test_in_01_may_have_64_kibibytes(self, wire: Wire) -> None:
        fits = b'{"login": "alice", "password": "%s"}' % (b"x" * (65536 - 34))
        assert len(fits) == 65536

        assert wire.ask(request("POST", b"/sessions", JSON, body=fits)).status == 401
        assert wire.ask(request("POST", b"/sessions", JSON, body=fits + b" ")).status == 413

    def test_in_01_counts_what_comes_in_chunks(self, wire: Wire) -> None:
        head = request("POST", b"/sessions", JSON, CHUNKED)
        fits = chunk(b'{"login": "alice", "password": "')
        filling, end = chunk(b"x" * (65536 - 34)), chunk(b'"}')

        assert wire.ask(head, fits, filling, end, b"0\r\n\r\n").status == 401
        assert wire.ask(head, fits, filling, chunk(b"x"), end, b"0\r\n\r\n").status == 413

    def test_in_17_is_not_unpacked(self, wire: Wire) -> None:
        packed = request("POST", b"/sessions", JSON, b"Content-Encoding: gzip", body=b"{}")

        assert wire.ask(packed).status == 415

    def test_brings_no_headers_behind_it(self, wire: Wire) -> None:
        """Trailers are not headers (RFC 9110 §6.5.1): a proxy has checked none of them."""
        head = request("POST", b"/sessions", CHUNKED)
        body = chunk(b'{"login": "a", "password": "b"}') + b"0\r\n"
        trailers = b"Content-Type: application/json\r\nHost: evil.example\r\n\r\n"

        assert wire.ask(head, body + trailers).status == 415
        late = request("POST", b"/sessions", JSON, CHUNKED)
        assert wire.ask(late, body + trailers).status == 401

    def test_of_a_request_that_wants_to_change_the_protocol_is_not_waited_for(
        self, wire: Wire
    ) -> None:
        upgrade = (
            b"POST /sessions HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade, close\r\n"
            b"Upgrade: h2c\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        )

        assert 400 <= wire.ask(upgrade).status < 500
