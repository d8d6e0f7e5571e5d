"""Where one request ends and the next begins: two readers must never disagree."""

import json

import pytest

from tests.support.wire import HOST, Wire

HIDDEN = b"GET /users/me HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
POST = b"POST /sessions HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"

SMUGGLED = {
    "CL and TE": POST + b"Content-Length: 4\r\n" + CHUNKED + b"\r\n0\r\n\r\n",
    "TE and CL": POST + CHUNKED + b"Content-Length: 4\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: 4\r\n\r\n",
    "two equal lengths": POST + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
    "a list of lengths": POST + b"Content-Length: 0, 0\r\n\r\n",
    "a signed length": POST + b"Content-Length: +0\r\n\r\n",
    "a negative length": POST + b"Content-Length: -1\r\n\r\n",
    "a hexadecimal length": POST + b"Content-Length: 0x0\r\n\r\n",
    "a length beyond 64 bits": POST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
    "TE : chunked": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "xchunked": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked twice": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "bare line feeds": POST.replace(b"\r\n", b"\n") + b"Content-Length: 0\n\n",
    "obs-fold": POST + b"X: a\r\n b\r\nContent-Length: 0\r\n\r\n",
    "a bad end of a chunk": POST + CHUNKED + b"\r\n1\r\nxx\r\n0\r\n\r\n",
    "a bad size of a chunk": POST + CHUNKED + b"\r\n1 1\r\nx\r\n0\r\n\r\n",
    "a huge chunk": POST + CHUNKED + b"\r\nfffffffffffffffff\r\nx",
    "a space before the colon": b"GET /livez HTTP/1.1\r\nHost : 127.0.0.1\r\n\r\n",
    "an empty name": b"GET /livez HTTP/1.1\r\n" + HOST + b": x\r\n\r\n",
    "HTTP/0.9": b"GET /livez\r\n",
    "HTTP/3.0": b"GET /livez HTTP/3.0\r\n" + HOST + b"\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}


class TestFraming:
    @pytest.mark.parametrize("start", SMUGGLED.values(), ids=SMUGGLED)
    def test_in_15_that_two_readers_could_read_differently_gets_one_refusal(
        self, wire: Wire, start: bytes
    ) -> None:
        """IN-15, IN-17, X9: and the connection is closed, so that nothing behind it is read."""
        reply = wire.ask(start + HIDDEN)

        assert reply.status == 400
        assert json.loads(reply.body)["code"] == "malformed_request"
        assert reply.headers["connection"] == "close"

    def test_of_pipelined_requests_keeps_their_order(self, wire: Wire) -> None:
        first = b"GET /livez HTTP/1.1\r\n" + HOST + b"\r\n"

        assert [it.status for it in wire.exchange(first + first + HIDDEN)] == [200, 200, 401]
