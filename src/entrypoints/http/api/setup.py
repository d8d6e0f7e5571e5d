"""The set-up: the first administrator, once."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from hexkey.application.accounts.setup import InvalidSetupToken, SetupClosed
from hexkey.domain.accounts.user import UsernameTaken
from hexkey.domain.accounts.username import InvalidUsername
from hexkey.entrypoints.http.access_dependencies import FirstSetUp
from hexkey.entrypoints.http.access_schemas import SetUpRequest
from hexkey.entrypoints.http.dependencies import Public
from hexkey.entrypoints.http.documentation import BODY, NEW_PASSWORD, refuses
from hexkey.entrypoints.http.representations import created
from hexkey.entrypoints.http.schemas import UserPrivate
from hexkey.entrypoints.http.strict_route import StrictRoute

router = APIRouter(tags=["Administration"], route_class=StrictRoute)


@router.post(
    "/setup",
    status_code=HTTPStatus.CREATED,
    response_model=UserPrivate,
    dependencies=[Public],
    responses=refuses(
        *BODY, *NEW_PASSWORD, InvalidSetupToken, SetupClosed, InvalidUsername, UsernameTaken
    ),
)
async def set_up(request: Request, body: SetUpRequest, first: FirstSetUp) -> Response:
    """Make the first administrator, with the token that the server printed at its start.

    After that this is closed for good, whatever becomes of that account.
    """
    return created(await first(**body.model_dump()), request)
