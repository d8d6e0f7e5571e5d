"""For FastAPI applications: who is calling a route of their own.

Hexkey in the same process, mounted:

    auth = create_app()
    app = FastAPI(lifespan=auth.runtime.lifespan)
    app.mount("/auth", auth)
    security = Security.embedded(auth, prefix="/auth")

or Hexkey somewhere else, whose tokens are verified here, by its JWKS and its list of revocations:

    security = Security.remote("https://auth.example.com")
    app = FastAPI(lifespan=security.lifespan)

The routes do not know the difference:

    CurrentUser = Annotated[Caller, Depends(security.current_user())]
    Writer = Annotated[Caller, Depends(security.current_user().with_scopes("notes:write"))]
    Admin = Annotated[Caller, Depends(security.current_user().with_role("admin").fresh(minutes=5))]
    Visitor = Annotated[Caller | None, Depends(security.current_user(optional=True))]
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi import HTTPException, Request
from fastapi.openapi.models import OAuth2 as OAuth2Model
from fastapi.openapi.models import OAuthFlowPassword, OAuthFlows
from fastapi.security.base import SecurityBase

from hexkey.domain.access import Forbidden
from hexkey.domain.errors import HexkeyError
from hexkey.domain.sessions.access_token import Principal
from hexkey.domain.sessions.session import ReauthenticationRequired, is_recent
from hexkey.entrypoints.http.authorization import authenticated
from hexkey.entrypoints.http.caller import Caller
from hexkey.entrypoints.http.problems import problem
from hexkey.entrypoints.http.refusals import AccountLeaving, NotAuthenticated

if TYPE_CHECKING:  # a resource server has no application of Hexkey's, and need not load one
    from hexkey.entrypoints.http.app import Hexkey

__all__ = ["Caller", "CurrentUser", "Security"]


Resolve = Callable[[Request], Awaitable[Caller]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a deployment finds out who is calling.

    Attributes:
        resolve: raises a refusal of Hexkey's if nobody is.
        now: for the rule of freshness.
        token_url: where *Authorize* in the application's documentation signs in.
        challenges: the schemes to offer to whoever sent no credential.
    """

    resolve: Resolve
    now: Callable[[], datetime]
    token_url: str
    challenges: tuple[str, ...] = ("Bearer",)


class CurrentUser(SecurityBase):
    """A dependency that returns the caller, or answers with a refusal of the host's own kind.

    Every method returns a narrower rule and leaves this one as it is.
    """

    def __init__(self, access: Access, rule: "_Rule") -> None:
        self._access = access
        self._rule = rule
        self.scheme_name = "Hexkey"
        flow = OAuthFlowPassword(tokenUrl=access.token_url, scopes={})
        self.model = OAuth2Model(flows=OAuthFlows(password=flow))

    def with_scopes(self, *scopes: str) -> "CurrentUser":
        """Callers whose token, or API key, was granted all of `scopes`; others get 403.

        API keys are let in by this rule only; by a rule without scopes they get 403.
        """
        return self._narrowed(scopes=self._rule.scopes | set(scopes))

    def with_role(self, role: str) -> "CurrentUser":
        """Callers who hold `role`; others get 403."""
        return self._narrowed(roles=self._rule.roles | {role})

    def fresh(self, *, minutes: float) -> "CurrentUser":
        """Callers who proved who they are less than `minutes` ago; others, and keys, get 403."""
        return self._narrowed(within=timedelta(minutes=minutes))

    async def __call__(self, request: Request) -> Caller | None:
        """Return who is calling; `None` only if that is optional and no credential came.

        Raises:
            HTTPException: 401 with `WWW-Authenticate`, 403, 429 or 503, as Hexkey itself answers.
        """
        try:
            caller = await self._access.resolve(request)
            self._rule.check(caller, now=self._access.now())
        except NotAuthenticated as error:
            if self._rule.optional:
                return None
            raise _as_http(error, self._access.challenges) from error
        except HexkeyError as error:
            raise _as_http(error, self._access.challenges) from error
        return caller

    def _narrowed(self, **changes: Any) -> "CurrentUser":
        return CurrentUser(self._access, replace(self._rule, **changes))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """What a caller must fulfill; all of it."""

    optional: bool = False
    scopes: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    within: timedelta | None = None

    def check(self, caller: Caller, *, now: datetime) -> None:
        if not (self.scopes <= caller.scopes and self.roles <= caller.roles):
            raise Forbidden
        # A key is for what its scopes name: where none is named, it was not made for that.
        if caller.key is not None and not self.scopes:
            raise Forbidden
        if self.within is not None and not _is_fresh(caller, now=now, within=self.within):
            raise ReauthenticationRequired


def _is_fresh(caller: Caller, *, now: datetime, within: timedelta) -> bool:
    """Whether somebody proved who they are so recently; a program cannot."""
    return caller.key is None and is_recent(caller.proved_at, now=now, within=within)


class Security:
    """The dependencies of one application, and what must run for them.

    Args:
        access: made by `embedded` or `remote`.
        lifespan: to be run with the application; the mounted one's, or the remote client's.
    """

    def __init__(self, access: Access, lifespan: Callable[[Any], Any]) -> None:
        self._access = access
        self.lifespan = lifespan

    @classmethod
    def embedded(cls, auth: "Hexkey", *, prefix: str) -> "Security":
        """For an application that mounts `auth` under `prefix`: no HTTP in between.

        API keys are taken, too: see `CurrentUser.with_scopes`.
        """

        async def resolve(request: Request) -> Caller:
            await auth.runtime.start()
            principal = await authenticated(request, by=auth)
            if principal.user.is_leaving:
                raise AccountLeaving
            return Caller(
                id=principal.user.id,
                session=principal.session,
                scopes=await _scopes_of(principal, auth),
                roles=frozenset(principal.roles),
                proved_at=principal.proved_at,
                key=None if principal.key is None else principal.key.id,
            )

        access = Access(
            resolve=resolve,
            now=auth.container.clock().now,
            token_url=f"{prefix}/token",
            challenges=tuple(auth.state.challenges),
        )
        return cls(access, auth.runtime.lifespan)

    @classmethod
    def remote(
        cls,
        issuer: str,
        *,
        audience: str | None = None,
        address: str | None = None,
        max_staleness: timedelta = timedelta(seconds=60),
        strict: bool = False,
        allow_http: bool = False,
    ) -> "Security":
        """For an application that Hexkey serves from elsewhere; needs the extra `remote`.

        API keys are refused: nothing about them can be verified here.

        Args:
            issuer: the public URL of Hexkey, exactly as it is configured there.
            audience: the `aud` of its tokens; without it, `issuer`.
            address: where this application reaches Hexkey, if not at `issuer`.
            max_staleness: how long revocations may not be heard of without consequences; at least
                two seconds.
            strict: after that answer 503; otherwise tokens are believed until they expire.
            allow_http: take keys over plain HTTP from another machine; whoever can change them on
                the way can be anybody.

        Raises:
            ValueError: if the issuer or the address cannot be used like this.
        """
        # Here, because applications that mount Hexkey need not have an HTTP client.
        from hexkey.entrypoints.http.remote import RemoteHexkey  # noqa: PLC0415
        from hexkey.entrypoints.remote_client import (  # noqa: PLC0415
            RemoteSettings,
            build_remote_client,
        )

        settings = RemoteSettings(
            issuer=issuer,
            audience=audience or issuer,
            address=address or issuer,
            max_staleness=max_staleness,
            strict=strict,
            allow_http=allow_http,
        )
        client = build_remote_client(settings)
        hexkey = RemoteHexkey(client)
        access = Access(
            resolve=hexkey.resolve, now=client.clock.now, token_url=f"{issuer.rstrip('/')}/token"
        )
        return cls(access, hexkey.lifespan)

    def current_user(self, *, optional: bool = False) -> CurrentUser:
        """Anybody who is signed in; with `optional`, also whoever sent no credential at all."""
        return CurrentUser(self._access, _Rule(optional=optional))


async def _scopes_of(principal: Principal, auth: "Hexkey") -> frozenset[str]:
    """A token's are as granted at its last refresh; a key has none, so they are looked at now."""
    if principal.key is None:
        return principal.scopes
    return await auth.container.read_key_scopes()(principal.key, owner=principal.user)


def _as_http(error: HexkeyError, challenges: Sequence[str]) -> HTTPException:
    response = problem(error, request_id="", challenges=challenges)
    headers = {
        name: ", ".join(response.headers.getlist(name))
        for name in ("WWW-Authenticate", "Retry-After")
        if name in response.headers
    }
    return HTTPException(HTTPStatus(response.status_code), error.message, headers)
