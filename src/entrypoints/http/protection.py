"""Who may call a route. Every route says so; one that does not keeps the service from starting."""

from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.openapi.models import OAuth2 as OAuth2Model
from fastapi.openapi.models import OAuthFlowPassword, OAuthFlows
from fastapi.routing import APIRoute
from fastapi.security.base import SecurityBase

from hexkey.domain.access import ADMIN, Role
from hexkey.domain.sessions.access_token import Principal
from hexkey.domain.sessions.session import FRESH_FOR, ReauthenticationRequired
from hexkey.entrypoints.http.authorization import authenticated
from hexkey.entrypoints.http.refusals import AccountLeaving, Forbidden


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
    """

    audience = "signed-in"

    def __init__(self, *, leaving: bool = False) -> None:
        self.leaving = leaving
        self.scheme_name = "Hexkey"
        flow = OAuthFlowPassword(tokenUrl="token", scopes={})
        self.model = OAuth2Model(flows=OAuthFlows(password=flow))

    async def __call__(self, request: Request) -> Principal:
        """Return who is calling.

        Raises:
            NotAuthenticated: if no credential came.
            InvalidToken, InvalidCredentials: if a bad one came.
            AccountLeaving: if the account is about to be erased and the route is not for that.
        """
        principal = await authenticated(request, by=request.app)
        if principal.user.is_leaving and not self.leaving:
            raise AccountLeaving
        return principal


class WithRole(SignedIn):
    """A rule: signed in, and holding a role."""

    def __init__(self, role: Role) -> None:
        super().__init__()
        self.role = role
        self.audience = f"role {role}"

    async def __call__(self, request: Request) -> Principal:
        """Return who is calling.

        Raises:
            Forbidden: if that is somebody without the role.
        """
        principal = await super().__call__(request)
        if self.role not in principal.roles:
            raise Forbidden
        return principal


class Fresh(SignedIn):
    """A rule: signed in, and having proved it a moment ago (ASVS 7.5.1)."""

    audience = "signed-in, fresh"

    async def __call__(self, request: Request) -> Principal:
        """Return who is calling.

        Raises:
            ReauthenticationRequired: if the last proof is more than `FRESH_FOR` ago.
        """
        principal = await super().__call__(request)
        now = request.app.state.container.clock().now()
        if not principal.is_fresh(now=now, within=FRESH_FOR):
            raise ReauthenticationRequired
        return principal


ANYONE = Anyone()
SIGNED_IN = SignedIn()
IS_FRESH = Fresh()
MAY_LEAVE = SignedIn(leaving=True)
IS_FRESH_MAY_LEAVE = Fresh(leaving=True)
IS_ADMIN = WithRole(ADMIN)

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
