"""The `Authorization` header: from its bytes to a principal."""

import base64
import binascii
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request

from hexkey.application.audit.context import current_request
from hexkey.domain.authentication.credentials import InvalidCredentials
from hexkey.domain.sessions.access_token import InvalidToken, Principal
from hexkey.entrypoints.http.devices import device_of
from hexkey.entrypoints.http.refusals import NotAuthenticated

API_KEY_PREFIXES = ("hxk_pat_", "hxk_key_")  # no JSON Web Token begins like this

if TYPE_CHECKING:  # a resource server reads credentials too, and has no container
    from hexkey.entrypoints.container import Container


async def authenticated(request: Request, *, by: FastAPI) -> Principal:
    """Who makes `request`, as the application `by` sees it.

    Raises:
        NotAuthenticated: if there is no credential of a scheme that is on.
        InvalidToken, InvalidCredentials: if there is a bad one.
    """
    container: Container = by.state.container
    scheme, credential = credential_of(request)
    if scheme == "bearer" and credential.startswith(API_KEY_PREFIXES):
        return _identified(await container.resolve_api_key()(key=credential))
    if scheme == "bearer":
        return _identified(await container.resolve_token()(token=credential))
    if scheme == "basic" and container.settings().http_basic:
        login, password = _login_and_password(credential)
        user = await container.authenticate()(
            login=login,
            password=password,
            address=by.state.client_address(request.scope),
            device=await device_of(request),
        )
        now = container.clock().now()
        basic = Principal(user=user, session=None, scopes=frozenset(), proved_at=now)
        return _identified(basic)
    raise NotAuthenticated


def _identified(principal: Principal) -> Principal:
    """Let what is written down about this request say whose it is."""
    key = None if principal.key is None else principal.key.id
    current_request().identify(principal.user.id, session=principal.session, api_key=key)
    return principal


def credential_of(request: Request) -> tuple[str, str]:
    """Scheme in lower case, and what follows it.

    Raises:
        NotAuthenticated: if there is none.
        InvalidToken: if there are several.
    """
    given = [value for name, value in request.scope["headers"] if name == b"authorization"]
    if not given:
        raise NotAuthenticated
    if len(given) > 1:
        raise InvalidToken
    scheme, _, credential = given[0].decode("latin-1").strip().partition(" ")
    credential = credential.strip()
    if not credential:
        raise NotAuthenticated
    return scheme.lower(), credential


def _login_and_password(credential: str) -> tuple[str, str]:
    """The two halves of a Basic credential (RFC 7617 §2, UTF-8)."""
    try:
        text = base64.b64decode(credential, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise InvalidCredentials from None
    login, colon, password = text.partition(":")
    if not colon:
        raise InvalidCredentials
    return login, password
