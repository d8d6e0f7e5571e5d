"""Where one request ends and the next begins: two readers must never disagree."""

import json

import pytest

from tests.support.smuggling import HIDDEN, PATHS, SMUGGLED, TOLERATED
from tests.support.wire import HOST, Wire, request

ALL = {**SMUGGLED, **TOLERATED, "HTTP/0.9": b"GET /livez\r\n"}


class TestFraming:
    @pytest.mark.parametrize("start", ALL.values(), ids=ALL)
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


class TestPath:
    @pytest.mark.parametrize("path", PATHS)
    def test_in_16_has_one_meaning(self, wire: Wire, path: bytes) -> None:
        """IN-16, P82: no spelling of a guarded path is answered without a credential."""
        assert wire.ask(request("GET", path)).status in {400, 401, 404, 405}
