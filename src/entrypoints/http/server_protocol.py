"""HTTP/1.1 as uvicorn speaks it with httptools, with the limits that both lack.

Without them a client may send half a header and keep the connection for ever, and so may one that
never reads; and a header of any size is collected before the application sees its first byte.
"""

import asyncio
import json
import os
import sys
from typing import Any, ClassVar, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hexkey.entrypoints.http.body_limit import MAX_BODY_OCTETS
from hexkey.entrypoints.http.gate import MAX_HEADER_OCTETS, SAFE_BY_DEFAULT
from hexkey.entrypoints.http.problems import problem_members, status_of
from hexkey.entrypoints.http.refusals import HeadersTooLarge, MalformedRequest
from hexkey.entrypoints.http.revocations import HANG_UP
from hexkey.entrypoints.http.unread import octets_unread

READ_TIMEOUT = 10.0  # seconds
WRITE_TIMEOUT = 10.0  # seconds; twice that is less than a server that stops would wait for it


class GuardedProtocol(HttpToolsProtocol):
    """One connection; closed when a request is too slow, its header too long, its body endless.

    Attributes:
        read_timeout: seconds for a whole header, and again for a whole body.
        write_timeout: seconds in which a client has to take something of what waits for it. Who
            takes nothing is hung up on after one to two times as many; who is slow never is.
    """

    read_timeout: ClassVar[float] = READ_TIMEOUT
    write_timeout: ClassVar[float] = WRITE_TIMEOUT

    _next_look: asyncio.TimerHandle | None = None
    _unread: int | None = None  # octets at the latest look
    _deadline: asyncio.TimerHandle | None = None
    _header_octets = 0
    _body_octets = 0
    _in_header = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._expect_more()
        self._next_look = self.loop.call_later(self.write_timeout, self._look_at_reader)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting, on either side: nobody reads the answer to a question for news."""
        self._stop_waiting()
        if self._next_look is not None:
            self._next_look.cancel()
        self._hang_up()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse `data`, unless the header it belongs to has become too long."""
        self._header_octets += len(data)
        super().data_received(data)
        if self._in_header and self._header_octets > MAX_HEADER_OCTETS:
            self._refuse(HeadersTooLarge())
        if self._deadline is None and self._is_idle():
            self._expect_more()  # empty lines have ended uvicorn's wait and begun no request

    def on_message_begin(self) -> None:
        """Begin to wait for the end of a header."""
        super().on_message_begin()
        self._in_header = True
        self._header_octets = self._body_octets = 0
        self._expect_more()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; what comes after the body is none (RFC 9110 §6.5.1)."""
        if self._in_header:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Begin to wait for the end of a body."""
        self._in_header = False
        self._expect_more()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Hand a piece of the body on, or hang up if nobody reads it and there is no end to it."""
        super().on_body(body)
        self._body_octets += len(body)
        if self._body_octets > MAX_BODY_OCTETS:
            self.flow.pause_reading()
            if self.cycle.response_complete:
                self._give_up()

    def on_message_complete(self) -> None:
        """The request is here; from now on it is the application that takes its time."""
        self._stop_waiting()
        super().on_message_complete()

    def pause_writing(self) -> None:
        """Begin to see whether the client reads, whatever it did before."""
        self._unread = None
        super().pause_writing()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn's words
        """Refuse what is not HTTP, in our own words."""
        error = sys.exception()
        if error is not None and isinstance(error.__context__, MemoryError):
            self._give_up()  # nothing is wrong with the request; who hears nothing tries again
        else:
            self._refuse(MalformedRequest())

    def shutdown(self) -> None:
        """Let the request under way be answered, and soon if it is only waiting for news."""
        super().shutdown()
        self._hang_up()

    def _hang_up(self) -> None:
        scope = cast("dict[str, Any]", self.scope if self.cycle is not None else {})
        if HANG_UP in scope:
            scope[HANG_UP]()

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _expect_more(self) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(self.read_timeout, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _look_at_reader(self) -> None:
        """Hang up on a client that has read nothing since the last look.

        While more may be written for it, nothing can be said of it. That ends with a full buffer,
        or when the connection is to be closed, which would wait for an empty one without end.
        """
        before, self._unread = self._unread, None
        if self.flow.write_paused or self.transport.is_closing():
            self._unread = octets_unread(self.transport)
        if self._unread and before is not None and self._unread >= before:
            self.transport.abort()
        else:
            self._next_look = self.loop.call_later(self.write_timeout, self._look_at_reader)

    def _give_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()

    def _refuse(self, error: HeadersTooLarge | MalformedRequest) -> None:
        if self.transport.is_closing():
            return
        status = status_of(type(error))
        request_id = os.urandom(16).hex()  # no application has given it one
        body = json.dumps(problem_members(error, request_id=request_id)).encode("ascii")
        headers = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", b"%d" % len(body)),
            (b"x-request-id", request_id.encode()),
            (b"connection", b"close"),
            *SAFE_BY_DEFAULT,
        ]
        head = b"HTTP/1.1 %d %s\r\n" % (status.value, status.phrase.encode())
        head += b"".join(b"%s: %s\r\n" % header for header in headers)
        self.transport.write(head + b"\r\n" + body)
        self.transport.close()
