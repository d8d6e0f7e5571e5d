"""For FastAPI applications that mount Hexkey: who is calling a route of their own.

auth = create_app()
app = FastAPI(lifespan=auth.runtime.lifespan)
app.mount("/auth", auth)

security = Security(auth, prefix="/auth")
CurrentUser = Annotated[Principal, Depends(security.current_user)]
CurrentAdmin = Annotated[Principal, Depends(security.with_role("admin"))]
"""

from http import HTTPStatus

from fastapi import HTTPException, Request
from fastapi.openapi.models import OAuth2 as OAuth2Model
from fastapi.openapi.models import OAuthFlowPassword, OAuthFlows
from fastapi.security.base import SecurityBase

from hexkey.domain.access import Role
from hexkey.domain.errors import HexkeyError
from hexkey.domain.sessions.access_token import Principal
from hexkey.entrypoints.http.app import Hexkey
from hexkey.entrypoints.http.authorization import authenticated
from hexkey.entrypoints.http.problems import problem
from hexkey.entrypoints.http.refusals import Forbidden

__all__ = ["CallerOf", "Principal", "Security"]


class CallerOf(SecurityBase):
    """A dependency that returns who is calling, or answers with a refusal of the host's kind.

    Args:
        auth: the mounted application; tokens are resolved in this process, without HTTP.
        prefix: where it is mounted, so that *Authorize* in the host's documentation finds it.
        role: what the caller must hold, if anything.
    """

    def __init__(self, auth: Hexkey, *, prefix: str, role: Role | None = None) -> None:
        self._auth = auth
        self._role = role
        self.scheme_name = "Hexkey"
        flow = OAuthFlowPassword(tokenUrl=f"{prefix}/token", scopes={})
        self.model = OAuth2Model(flows=OAuthFlows(password=flow))

    async def __call__(self, request: Request) -> Principal:
        """Return who is calling.

        Raises:
            HTTPException: 401 with `WWW-Authenticate`, 403, 429 or 503, as Hexkey itself answers.
        """
        try:
            await self._auth.runtime.start()
            principal = await authenticated(request, by=self._auth)
            if self._role is not None and self._role not in principal.roles:
                raise Forbidden
        except HexkeyError as error:
            raise self._refusal(error) from error
        return principal

    def _refusal(self, error: HexkeyError) -> HTTPException:
        response = problem(error, request_id="", challenges=self._auth.state.challenges)
        headers = {
            name: ", ".join(response.headers.getlist(name))
            for name in ("WWW-Authenticate", "Retry-After")
            if name in response.headers
        }
        return HTTPException(HTTPStatus(response.status_code), error.message, headers)


class Security:
    """The dependencies for one mounted application.

    Attributes:
        current_user: anybody who is signed in.
    """

    def __init__(self, auth: Hexkey, *, prefix: str) -> None:
        self._auth = auth
        self._prefix = prefix
        self.current_user = CallerOf(auth, prefix=prefix)

    def with_role(self, role: str) -> CallerOf:
        """Anybody who is signed in and holds `role`; others get 403."""
        return CallerOf(self._auth, prefix=self._prefix, role=Role(role))
