"""HTTP/1.1 as uvicorn speaks it with httptools, with the limits that both lack.

Without them a client may send half a header and keep the connection for ever, and a header of any
size is collected before the application sees its first byte.
"""

import asyncio
import json
import os
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hexkey.entrypoints.http.gate import MAX_HEADER_OCTETS
from hexkey.entrypoints.http.problems import problem_members, status_of
from hexkey.entrypoints.http.refusals import HeadersTooLarge, MalformedRequest
from hexkey.entrypoints.http.revocations import HANG_UP

READ_TIMEOUT = 10.0  # seconds for a whole header, and again for a whole body


class GuardedProtocol(HttpToolsProtocol):
    """One connection; closed when a request is too slow or its header too long."""

    _deadline: asyncio.TimerHandle | None = None
    _header_octets = 0
    _in_header = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._expect_within(READ_TIMEOUT)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting, on either side: nobody reads the answer to a question for news."""
        self._stop_waiting()
        self._hang_up()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse `data`, unless the header it belongs to has become too long."""
        self._header_octets += len(data)
        super().data_received(data)
        if self._in_header and self._header_octets > MAX_HEADER_OCTETS:
            self._refuse(HeadersTooLarge())

    def on_message_begin(self) -> None:
        """Begin to wait for the end of a header."""
        super().on_message_begin()
        self._in_header = True
        self._header_octets = 0
        self._expect_within(READ_TIMEOUT)

    def on_headers_complete(self) -> None:
        """Begin to wait for the end of a body."""
        self._in_header = False
        self._expect_within(READ_TIMEOUT)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is here; from now on it is the application that takes its time."""
        self._stop_waiting()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn's words
        """Refuse what is not HTTP, in our own words."""
        self._refuse(MalformedRequest())

    def shutdown(self) -> None:
        """Let the request under way be answered, and soon if it is only waiting for news."""
        super().shutdown()
        self._hang_up()

    def _hang_up(self) -> None:
        scope = cast("dict[str, Any]", self.scope if self.cycle is not None else {})
        if HANG_UP in scope:
            scope[HANG_UP]()

    def _expect_within(self, seconds: float) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()

    def _refuse(self, error: HeadersTooLarge | MalformedRequest) -> None:
        if self.transport.is_closing():
            return
        status = status_of(type(error))
        request_id = os.urandom(16).hex()  # no application has given it one
        body = json.dumps(problem_members(error, request_id=request_id)).encode("ascii")
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\n"
            "content-type: application/problem+json\r\n"
            f"content-length: {len(body)}\r\n"
            "cache-control: no-store\r\n"
            f"x-request-id: {request_id}\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + body)
        self.transport.close()
