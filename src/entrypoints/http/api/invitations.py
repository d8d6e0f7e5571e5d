"""Invitations: how an account begins where strangers may not register."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from hexkey.application.accounts.registration import LoginNameRequired
from hexkey.domain.accounts.one_time_token import InvalidOrExpiredToken
from hexkey.domain.accounts.profile import InvalidProfile
from hexkey.domain.accounts.user import UsernameTaken
from hexkey.domain.accounts.username import InvalidUsername
from hexkey.entrypoints.http.dependencies import Language, Public
from hexkey.entrypoints.http.documentation import BODY, NEW_PASSWORD, refuses
from hexkey.entrypoints.http.recovery_dependencies import Accept
from hexkey.entrypoints.http.recovery_schemas import AcceptedInvitation
from hexkey.entrypoints.http.representations import created
from hexkey.entrypoints.http.schemas import UserPrivate
from hexkey.entrypoints.http.strict_route import StrictRoute

router = APIRouter(tags=["Accounts"], route_class=StrictRoute, dependencies=[Public])


@router.post(
    "/invitations/accept",
    status_code=HTTPStatus.CREATED,
    response_model=UserPrivate,
    responses=refuses(
        *BODY,
        *NEW_PASSWORD,
        InvalidOrExpiredToken,
        LoginNameRequired,
        InvalidUsername,
        InvalidProfile,
        UsernameTaken,
    ),
)
async def accept_invitation(
    request: Request, body: AcceptedInvitation, accept: Accept, language: Language
) -> Response:
    """Begin the account you were invited to, with the invited address and its roles."""
    return created(await accept(**body.model_dump(), language=language), request)
