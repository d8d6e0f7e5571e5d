"""Request limits at the routes, and the headers that tell of them.

`RateLimit-Policy` and `RateLimit` as in draft-ietf-httpapi-ratelimit-headers-10. What is limited is
a class of routes and a network, and a route is known by what was matched: no spelling of a path
makes another bucket (CVE-2025-71399).
"""

import math
from dataclasses import dataclass

from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hexkey.application.audit.context import current_request
from hexkey.domain.authentication.request_limits import WINDOW, Allowance, RequestKind
from hexkey.entrypoints.http.protection import Anyone, rule_of
from hexkey.entrypoints.http.refusals import TooManyRequests

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
    if not (route.methods or set()) <= _READS and isinstance(rule_of(route), Anyone):
        return RequestKind.ANONYMOUS_WRITE
    return RequestKind.OTHER


@dataclass(frozen=True, slots=True)
class Limited:
    """A route's application, behind the limit of its class.

    Routes belong to all applications of a process, so the limits are those of the application
    that serves the request.
    """

    app: ASGIApp
    kind: RequestKind

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request.

        Raises:
            TooManyRequests: if the network has to wait.
        """
        limit_requests = scope["app"].state.limit_requests
        allowance = await limit_requests(self.kind, address=current_request().address)
        if allowance is None:
            await self.app(scope, receive, send)
            return
        if allowance.wait:
            raise TooManyRequests(
                kind=self.kind, retry_after=allowance.wait, headers=headers_of(allowance)
            )

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = headers_of(allowance).items()
                message["headers"] += [(name.lower().encode(), it.encode()) for name, it in headers]
            await send(message)

        await self.app(scope, receive, send_with_headers)


def headers_of(allowance: Allowance) -> dict[str, str]:
    """What a client may plan by."""
    kind, window = allowance.kind, int(WINDOW.total_seconds())
    reset = math.ceil(allowance.reset.total_seconds())
    return {
        "RateLimit-Policy": f'"{kind}";q={allowance.limit};w={window}',
        "RateLimit": f'"{kind}";r={allowance.remaining};t={reset}',
    }
