"""What every request passes before the application, and every response after it."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hexkey.application.audit.context import RequestContext, serving
from hexkey.domain.errors import HexkeyError
from hexkey.entrypoints.http.body_limit import limited, swallow
from hexkey.entrypoints.http.client_address import ClientAddress
from hexkey.entrypoints.http.problems import REFUSAL, problem
from hexkey.entrypoints.http.refusals import (
    ContentTooLarge,
    HeadersTooLarge,
    HostNotAllowed,
    InternalError,
)
from hexkey.entrypoints.masking import masked_query

MAX_HEADER_OCTETS = 16 * 1024
MAX_HEADERS = 100

# ASVS 5.0 §3.4; a page that needs a wider policy sets its own header of the same name.
SAFE_BY_DEFAULT = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"x-content-type-options", b"nosniff"),
)
_NAMES = tuple(name for name, _ in SAFE_BY_DEFAULT)

_NOBODY_READS_THE_REST = frozenset({413, 431})

_log = logging.getLogger("hexkey.http")

Ready = Callable[[], Awaitable[None]]
Note = Callable[[HexkeyError], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The outermost layer: ids, limits, hosts, headers, and the last resort for exceptions.

    One class and not a stack of middlewares, because each layer costs every request.

    Attributes:
        hosts: the names that a request may be for.
        root_path: the prefix that a proxy has taken off the path, if no server has said so.
        ready: awaited before the first request, when no server has run the lifespan (a mounted
            application's never is).
        note: told of each refusal while its request is still being served.
        varies: whether responses depend on the `Origin` of the request.
    """

    app: ASGIApp
    request_ids: Iterator[str]
    hosts: frozenset[str]
    root_path: str
    client_address: ClientAddress
    ready: Ready
    note: Note
    varies: bool
    access_log: bool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event as ASGI wants it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = scope["hexkey.request_id"] = next(self.request_ids)
        context = RequestContext(request_id=request_id, address=self.client_address(scope))
        with serving(context):
            await self._serve(scope, receive, send, context)

    async def _serve(
        self, scope: Scope, receive: Receive, send: Send, context: RequestContext
    ) -> None:
        request_id = scope["hexkey.request_id"]
        response = _Response(send, request_id, varies=self.varies)
        try:
            context.client = _user_agent(scope)
            self._admit(scope)
            await self.ready()
            await self.app(scope, limited(scope, receive), response.send)
        except HexkeyError as error:
            scope[REFUSAL] = error
            if isinstance(error, ContentTooLarge):
                await swallow(scope, receive)
            await response.give(scope, receive, error)
        except Exception:  # noqa: BLE001  # the last resort: nobody above us could answer
            _log.exception("unhandled", extra={"request_id": request_id})
            scope[REFUSAL] = InternalError()
            await response.give(scope, receive, InternalError())
        if REFUSAL in scope:
            self.note(scope[REFUSAL])
        if self.access_log:
            self._note(scope, response)

    def _admit(self, scope: Scope) -> None:
        octets = hosts = 0
        for name, value in scope["headers"]:
            octets += len(name) + len(value)
            if name == b"host":
                hosts += 1
                host = value
        if octets > MAX_HEADER_OCTETS or len(scope["headers"]) > MAX_HEADERS:
            raise HeadersTooLarge
        if hosts != 1 or _host(host) not in self.hosts:
            raise HostNotAllowed
        if self.root_path and not scope.get("root_path"):
            scope["root_path"] = self.root_path
        path = scope["path"]
        if len(path) > 1 and path.endswith("/"):  # `/users/me/` is `/users/me`
            scope["path"] = path[:-1]

    def _note(self, scope: Scope, response: "_Response") -> None:
        _log.info(
            "request",
            extra={
                "request_id": response.request_id,
                "method": scope["method"],
                "path": scope["path"],
                **({"query": masked_query(query)} if (query := scope["query_string"]) else {}),
                "status": response.status,
                "client": self.client_address(scope),
                "milliseconds": round((perf_counter() - response.began) * 1000, 1),
            },
        )


class _Response:
    """The way back: adds to each response what none may lack."""

    __slots__ = ("_headers", "_send", "began", "request_id", "status")

    def __init__(self, send: Send, request_id: str, *, varies: bool) -> None:
        self._send = send
        self._headers = [(b"x-request-id", request_id.encode())]
        if varies:
            self._headers.append((b"vary", b"Origin"))
        self.request_id = request_id
        self.status = 0
        self.began = perf_counter()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = message["headers"]
            own = {name for name, _ in headers if name in _NAMES}
            missing = SAFE_BY_DEFAULT if not own else _except(own)
            message["headers"] = [*headers, *self._headers, *missing]
            if self.status in _NOBODY_READS_THE_REST:
                message["headers"].append((b"connection", b"close"))
        await self._send(message)

    async def give(self, scope: Scope, receive: Receive, error: HexkeyError) -> None:
        """Answer with a problem, unless an answer was begun already."""
        if self.status:
            return
        await problem(error, request_id=self.request_id)(scope, receive, self.send)


def _except(own: Iterable[bytes]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in SAFE_BY_DEFAULT if name not in own]


def request_ids(prefix: str) -> Iterator[str]:
    """Names for requests: cheap to make, unique as long as `prefix` is, and in order."""
    return (f"{prefix}-{number:x}" for number in count(1))


@lru_cache(maxsize=256)
def _host(value: bytes) -> str:
    """The name in a Host header, without its port; never equal to a name if malformed."""
    text = value.decode("latin-1").lower()
    name, colon, port = text.rpartition(":")
    if not colon or (text.startswith("[") and text.endswith("]")):
        name = text
    elif not (port.isascii() and port.isdecimal()):
        return ""
    return name[1:-1] if name.startswith("[") and name.endswith("]") else name


def _user_agent(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"user-agent":
            agent: str = value.decode("latin-1")
            return agent
    return None
