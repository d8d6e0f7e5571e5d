"""Who may call a route. Every route says so; one that does not keeps the service from starting."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.openapi.models import OAuth2 as OAuth2Model
from fastapi.openapi.models import OAuthFlowPassword, OAuthFlows
from fastapi.routing import APIRoute
from fastapi.security.base import SecurityBase

from hexkey.application.audit.context import checked
from hexkey.domain.access import Authority, Forbidden, Permission
from hexkey.domain.sessions.access_token import Principal
from hexkey.domain.sessions.api_key import READ_ACCOUNT, WRITE_ACCOUNT, ApiKey
from hexkey.domain.sessions.session import FRESH_FOR, ReauthenticationRequired
from hexkey.entrypoints.http.authorization import authenticated
from hexkey.entrypoints.http.refusals import AccountLeaving


class UndeclaredRoute(TypeError):
    """A route does not say, in exactly one place, who may call it."""


class Anyone:
    """A rule: no credential is looked at."""

    audience = "anyone"

    async def __call__(self) -> None:
        """Let everybody in."""


class SignedIn(SecurityBase):
    """A rule: a live session of an active user (or their password, where Basic is on).

    Args:
        leaving: whether also somebody whose account is about to be erased; by default nobody.
        key_scope: what an API key must be allowed to be let in; by default none is.
    """

    audience = "signed-in"

    def __init__(self, *, leaving: bool = False, key_scope: str | None = None) -> None:
        self.leaving = leaving
        self.key_scope = key_scope
        self.scheme_name = "Hexkey"
        flow = OAuthFlowPassword(tokenUrl="token", scopes={})
        self.model = OAuth2Model(flows=OAuthFlows(password=flow))

    async def __call__(self, request: Request) -> Principal:
        """Return who is calling.

        Raises:
            NotAuthenticated: if no credential came.
            InvalidToken, InvalidCredentials: if a bad one came.
            AccountLeaving: if the account is about to be erased and the route is not for that.
            Forbidden: if an API key came that is not meant for this.
        """
        principal = await authenticated(request, by=request.app)
        if principal.key is not None and not self._is_for(principal.key):
            raise Forbidden
        if principal.user.is_leaving and not self.leaving:
            raise AccountLeaving
        return principal

    def _is_for(self, key: ApiKey) -> bool:
        needed = self.key_scope or "none that a key can have"
        return checked("key.scope", passed=self.key_scope in key.scopes, needed=needed, key=key.id)


class WithPermission(SignedIn):
    """A rule: signed in, and holding a permission at this moment; deny by default.

    Args:
        fresh: whether the caller must also have proved a moment ago who they are.
    """

    def __init__(self, permission: Permission, *, fresh: bool = False) -> None:
        super().__init__(key_scope=permission)
        self.permission = permission
        self.fresh = fresh
        self.audience = f"permission {permission}" + (", fresh" if fresh else "")

    async def __call__(self, request: Request) -> Principal:
        """Return who is calling, and how far they may go.

        Raises:
            Forbidden: if that is somebody without the permission.
            ReauthenticationRequired: if they must have proved who they are, and have not.
        """
        principal = await super().__call__(request)
        container = request.app.state.container
        authority: Authority = await container.read_authority()(principal.user)
        if principal.key is not None:
            authority = authority.limited_to(principal.scopes)
        holds = authority.holds(self.permission)
        if not checked("caller.permission", passed=holds, needed=self.permission):
            raise Forbidden
        if self.fresh:
            _ensure_fresh(principal, now=container.clock().now())
        if request.method == "GET":
            container.refusals().looked(request.scope["path"])
        return replace(principal, authority=authority)


class Fresh(SignedIn):
    """A rule: signed in, and having proved it a moment ago (ASVS 7.5.1)."""

    audience = "signed-in, fresh"

    async def __call__(self, request: Request) -> Principal:
        """Return who is calling.

        Raises:
            ReauthenticationRequired: if the last proof is more than `FRESH_FOR` ago.
        """
        principal = await super().__call__(request)
        _ensure_fresh(principal, now=request.app.state.container.clock().now())
        return principal


def _ensure_fresh(principal: Principal, *, now: datetime) -> None:
    is_fresh = principal.is_fresh(now=now, within=FRESH_FOR)
    minutes = FRESH_FOR // timedelta(minutes=1)
    if not checked("caller.proved", passed=is_fresh, at=principal.proved_at, minutes=minutes):
        raise ReauthenticationRequired


ANYONE = Anyone()
SIGNED_IN = SignedIn()
IS_FRESH = Fresh()
MAY_LEAVE = SignedIn(leaving=True)
MAY_LEAVE_OR_READ = SignedIn(leaving=True, key_scope=READ_ACCOUNT)
SIGNED_IN_OR_WRITE = SignedIn(key_scope=WRITE_ACCOUNT)
IS_FRESH_MAY_LEAVE = Fresh(leaving=True)

Rule = Anyone | SignedIn


def rule_of(route: APIRoute) -> Rule:
    """The one rule that `route` declares.

    Raises:
        UndeclaredRoute: if it declares none or several.
    """
    rules = list(_rules(route.dependant))
    if len(rules) != 1:
        raise UndeclaredRoute(f"{route.methods} {route.path} must declare one access rule")
    return rules[0]


def ensure_every_route_declares(routes: Iterable[Any]) -> None:
    """Raises: UndeclaredRoute: for a route that does not say who may call it (deny by default)."""
    for route in routes:
        if not isinstance(route, APIRoute):
            raise UndeclaredRoute(f"{route!r} cannot declare who may call it")
        rule_of(route)


def _rules(dependant: Dependant) -> Iterator[Rule]:
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, Anyone | SignedIn):
            yield dependency.call
        yield from _rules(dependency)
