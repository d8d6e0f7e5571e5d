"""Sessions: signing in, staying signed in, seeing where, and signing out."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from hexkey.domain.accounts.password import HashingOverloaded
from hexkey.domain.authentication.credentials import InvalidCredentials
from hexkey.domain.authentication.throttle import TooManyAttempts
from hexkey.domain.sessions.refresh_token import (
    RefreshTokenRejected,
    RefreshTokenReused,
    TooManyRefreshes,
)
from hexkey.domain.sessions.session import ReauthenticationRequired, SessionNotFound
from hexkey.entrypoints.http.dependencies import (
    Device,
    End,
    EndOthers,
    FreshLeavingCaller,
    LeavingCaller,
    ListMine,
    Origin,
    Prove,
    Public,
    Refresh,
    SignInUser,
)
from hexkey.entrypoints.http.devices import remembering
from hexkey.entrypoints.http.documentation import BODY, CREDENTIAL, refuses
from hexkey.entrypoints.http.representations import json_response, no_content, session, tokens
from hexkey.entrypoints.http.schemas import (
    Credentials,
    PasswordForm,
    Proof,
    RefreshRequest,
    SessionList,
    TokenResponse,
)
from hexkey.entrypoints.http.strict_route import StrictRoute

router = APIRouter(tags=["Sessions"], route_class=StrictRoute)
form_router = APIRouter(tags=["Sessions"], route_class=StrictRoute)

_SIGN_IN = refuses(*BODY, InvalidCredentials, TooManyAttempts, HashingOverloaded)


@router.post(
    "/sessions",
    status_code=HTTPStatus.CREATED,
    response_model=TokenResponse,
    dependencies=[Public],
    responses=_SIGN_IN,
)
async def sign_in(
    request: Request, body: Credentials, sign_in_user: SignInUser, origin: Origin, device: Device
) -> Response:
    """Sign in with a user name or an e-mail address and a password."""
    issued = await sign_in_user(
        login=body.login, password=body.password, client=origin, device=device
    )
    return json_response(tokens(issued), HTTPStatus.CREATED, {**remembering(request, issued)})


@form_router.post("/token", response_model=TokenResponse, dependencies=[Public], responses=_SIGN_IN)
async def sign_in_by_form(
    request: Request,
    form: Annotated[PasswordForm, Form()],
    sign_in_user: SignInUser,
    origin: Origin,
    device: Device,
) -> Response:
    """Sign in with the form that FastAPI's documentation and Swagger UI use."""
    issued = await sign_in_user(
        login=form.username,
        password=form.password,
        scope=form.scope,
        client=origin,
        device=device,
    )
    headers = {"Pragma": "no-cache", **remembering(request, issued)}
    return json_response(tokens(issued), headers=headers)


@router.post(
    "/sessions/refresh",
    response_model=TokenResponse,
    dependencies=[Public],
    responses=refuses(*BODY, RefreshTokenRejected, RefreshTokenReused, TooManyRefreshes),
)
async def refresh(body: RefreshRequest, refresh_session: Refresh) -> Response:
    """Trade the refresh token for its successor and a new access token.

    A repeat within ten seconds, or after a lost answer, is answered with the same successor.
    """
    issued = await refresh_session(refresh_token=body.refresh_token)
    return json_response(tokens(issued), headers={"Pragma": "no-cache"})


@router.get("/sessions", response_model=SessionList, responses=refuses(*CREDENTIAL))
async def list_my_sessions(caller: LeavingCaller, list_sessions: ListMine) -> Response:
    """See where you are signed in, the latest first."""
    items = [
        session(mine, current=caller.session) for mine in await list_sessions(user=caller.user.id)
    ]
    return json_response({"items": items, "next_cursor": None})


@router.delete(
    "/sessions",
    status_code=HTTPStatus.NO_CONTENT,
    responses=refuses(*CREDENTIAL, ReauthenticationRequired),
)
async def end_my_other_sessions(caller: FreshLeavingCaller, end_others: EndOthers) -> Response:
    """Sign out everywhere but here. Needs a proof of identity in the last five minutes."""
    await end_others(user=caller.user.id, keep=caller.session)
    return no_content()


@router.delete(
    "/sessions/current",
    status_code=HTTPStatus.NO_CONTENT,
    responses=refuses(*CREDENTIAL, SessionNotFound),
)
async def sign_out(caller: LeavingCaller, end_session: End) -> Response:
    """Sign out here."""
    await end_session(user=caller.user.id, session=str(caller.session))
    return no_content()


@router.delete(
    "/sessions/{id}",
    status_code=HTTPStatus.NO_CONTENT,
    responses=refuses(*CREDENTIAL, ReauthenticationRequired, SessionNotFound),
)
async def end_my_session(id: str, caller: FreshLeavingCaller, end_session: End) -> Response:
    """Sign out one of your sessions. Needs a proof of identity in the last five minutes."""
    await end_session(user=caller.user.id, session=id)
    return no_content()


@router.post(
    "/sessions/current/reauthenticate",
    status_code=HTTPStatus.NO_CONTENT,
    responses=refuses(
        *BODY, *CREDENTIAL, InvalidCredentials, TooManyAttempts, HashingOverloaded, SessionNotFound
    ),
)
async def prove_it_is_still_me(
    body: Proof, caller: LeavingCaller, reauthenticate: Prove, origin: Origin, device: Device
) -> Response:
    """Give the password once more; sensitive acts need no other proof for five minutes."""
    await reauthenticate(
        user=caller.user.id,
        session=caller.session,
        password=body.password,
        address=origin.address,
        device=device,
    )
    return no_content()
