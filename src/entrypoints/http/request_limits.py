"""Request limits at the routes, and the headers that tell of them.

`RateLimit-Policy` and `RateLimit` as in draft-ietf-httpapi-ratelimit-headers-10. What is limited is
a class of routes and a network, and a route is known by what was matched: no spelling of a path
makes another bucket (CVE-2025-71399).
"""

import math
from contextlib import suppress
from dataclasses import dataclass

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hexkey.application.audit.context import current_request
from hexkey.application.authentication.request_limits import LimitRequests
from hexkey.domain.authentication.request_limits import WINDOW, Allowance, RequestKind
from hexkey.domain.sessions.access_token import InvalidToken
from hexkey.entrypoints.http.authorization import credential_of
from hexkey.entrypoints.http.protection import Anyone, rule_of
from hexkey.entrypoints.http.refusals import NotAuthenticated, TooManyRequests

NEVER_LIMITED = "Operations"  # the tag of routes that monitoring and resource servers rely on

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_COMPARING = frozenset(
    {"/sessions", "/token", "/sessions/current/reauthenticate", "/users/me/password"}
)


def kind_of(route: APIRoute) -> RequestKind | None:
    """The class that `route` belongs to; `None` if it must always answer."""
    if NEVER_LIMITED in route.tags:
        return None
    if route.path.startswith("/admin"):
        return RequestKind.ADMIN
    if route.path == "/sessions/refresh":
        return RequestKind.REFRESH
    if (route.methods or set()) & {"POST", "PUT"} and route.path in _COMPARING:
        return RequestKind.SIGN_IN
    if not (route.methods or set()) <= _READS and not reads_credential(route):
        return RequestKind.ANONYMOUS_WRITE
    return RequestKind.OTHER


def reads_credential(route: APIRoute) -> bool:
    """Whether `route` asks who is calling."""
    return not isinstance(rule_of(route), Anyone)


@dataclass(frozen=True, slots=True)
class Limited:
    """A route's application, behind the limit of its class.

    Where a credential is looked at, HTTP Basic is a password to compare, whatever the route; who
    may sign in without end is still held to the route's own class. Elsewhere the header chooses
    nothing: it would be a second budget.

    Routes belong to all applications of a process, so the limits are those of the application
    that serves the request.
    """

    app: ASGIApp
    kind: RequestKind
    reads_credential: bool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request.

        Raises:
            TooManyRequests: if the network has to wait.
        """
        allowance = None
        if self.reads_credential and _compares_password(scope):
            allowance = await _allowance(scope, RequestKind.SIGN_IN)
        allowance = allowance or await _allowance(scope, self.kind)
        if allowance is None:
            await self.app(scope, receive, send)
            return
        if allowance.wait:
            raise TooManyRequests(
                kind=allowance.kind, retry_after=allowance.wait, headers=headers_of(allowance)
            )

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = headers_of(allowance).items()
                message["headers"] += [(name.lower().encode(), it.encode()) for name, it in headers]
            await send(message)

        await self.app(scope, receive, send_with_headers)


async def _allowance(scope: Scope, kind: RequestKind) -> Allowance | None:
    limit_requests: LimitRequests = scope["app"].state.limit_requests
    return await limit_requests(kind, address=current_request().address)


def _compares_password(scope: Scope) -> bool:
    if not scope["app"].state.container.settings().http_basic:
        return False
    with suppress(NotAuthenticated, InvalidToken):
        return credential_of(Request(scope))[0] == "basic"
    return False


def headers_of(allowance: Allowance) -> dict[str, str]:
    """What a client may plan by."""
    kind, window = allowance.kind, int(WINDOW.total_seconds())
    reset = math.ceil(allowance.reset.total_seconds())
    return {
        "RateLimit-Policy": f'"{kind}";q={allowance.limit};w={window}',
        "RateLimit": f'"{kind}";r={allowance.remaining};t={reset}',
    }
