"""How a device shows that its owner signed in with it before (OWASP's device cookies).

A browser has a cookie for it, where the service is reached by https. Other clients have a header:
whoever sends one, with whatever in it, gets a token in the answer to a sign-in, and sends it with
the next. Neither proves who somebody is.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from fastapi import Request

if TYPE_CHECKING:  # a resource server reads credentials too, and issues nothing
    from hexkey.application.sessions.tokens import IssuedTokens

HEADER = "X-Hexkey-Device"
COOKIE = "__Host-hexkey-device"

_MOST = timedelta(days=400)  # browsers keep no cookie for longer
_LONGEST = 256  # of what is read as a token; ours are shorter


async def device_of(request: Request) -> str | None:
    """What the request says about its device; not looked at yet."""
    given = request.headers.get(HEADER) or request.cookies.get(COOKIE)
    return given if given and len(given) <= _LONGEST else None


def remembering(request: Request, issued: "IssuedTokens") -> Mapping[str, str]:
    """Headers of the answer to a sign-in, by which the device is known the next time."""
    if issued.device_token is None:
        return {}
    if HEADER in request.headers:
        return {HEADER: issued.device_token}
    if not request.app.state.container.settings().public_url.startswith("https://"):
        return {}  # a `__Host-` cookie would be refused, and another one could be planted
    age = int(_MOST.total_seconds())
    attributes = f"Max-Age={age}; Path=/; Secure; HttpOnly; SameSite=Lax"
    return {"Set-Cookie": f"{COOKIE}={issued.device_token}; {attributes}"}
