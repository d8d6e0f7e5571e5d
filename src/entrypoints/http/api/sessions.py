"""Sessions: signing in, as JSON and as the form of FastAPI's own clients."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Response

from hexkey.domain.accounts.password import HashingOverloaded
from hexkey.domain.authentication.credentials import InvalidCredentials
from hexkey.domain.authentication.throttle import TooManyAttempts
from hexkey.entrypoints.http.dependencies import Address, Public, SignInUser
from hexkey.entrypoints.http.documentation import BODY, refuses
from hexkey.entrypoints.http.representations import json_response, token
from hexkey.entrypoints.http.schemas import Credentials, PasswordForm, TokenResponse
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
async def sign_in(body: Credentials, sign_in_user: SignInUser, address: Address) -> Response:
    """Sign in with a user name or an e-mail address and a password."""
    issued = await sign_in_user(login=body.login, password=body.password, address=address)
    return json_response(token(issued), HTTPStatus.CREATED)


@form_router.post("/token", response_model=TokenResponse, dependencies=[Public], responses=_SIGN_IN)
async def sign_in_by_form(
    form: Annotated[PasswordForm, Form()], sign_in_user: SignInUser, address: Address
) -> Response:
    """Sign in with the form that FastAPI's documentation and Swagger UI use."""
    issued = await sign_in_user(
        login=form.username, password=form.password, scope=form.scope, address=address
    )
    return json_response(token(issued), headers={"Pragma": "no-cache"})
