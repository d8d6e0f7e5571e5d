"""Accounts: registering, one's own account, and what others may see of it."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from hexkey.application.accounts.registration import (
    LoginNameRequired,
    RegistrationClosed,
    RegistrationPending,
)
from hexkey.domain.access import Forbidden
from hexkey.domain.accounts.email import InvalidEmail
from hexkey.domain.accounts.profile import InvalidProfile
from hexkey.domain.accounts.user import EmailTaken, UsernameTaken, UserNotFound
from hexkey.domain.accounts.username import InvalidUsername
from hexkey.domain.authentication.credentials import InvalidCredentials
from hexkey.domain.authentication.throttle import TooManyAttempts
from hexkey.entrypoints.http.dependencies import (
    Address,
    Caller,
    Change,
    Device,
    Language,
    Public,
    ReadingCaller,
    ReadPublic,
    Register,
    Update,
    WritingCaller,
)
from hexkey.entrypoints.http.documentation import (
    BODY,
    CREDENTIAL,
    NEW_PASSWORD,
    STAYING,
    refuses,
)
from hexkey.entrypoints.http.recovery_schemas import MailAsked
from hexkey.entrypoints.http.representations import (
    accepted,
    created,
    json_response,
    no_content,
    private,
    public,
)
from hexkey.entrypoints.http.schemas import (
    PasswordChange,
    ProfileChange,
    Registration,
    UserPrivate,
    UserPublic,
)
from hexkey.entrypoints.http.strict_route import StrictRoute

router = APIRouter(tags=["Accounts"], route_class=StrictRoute)


@router.post(
    "/users",
    status_code=HTTPStatus.CREATED,
    response_model=UserPrivate,
    dependencies=[Public],
    responses={
        202: {"model": MailAsked, "description": "An address has to be verified first"},
        **refuses(
            *BODY,
            *NEW_PASSWORD,
            RegistrationClosed,
            LoginNameRequired,
            InvalidUsername,
            InvalidEmail,
            InvalidProfile,
            UsernameTaken,
            EmailTaken,
        ),
    },
)
async def register(
    request: Request,
    body: Registration,
    register_user: Register,
    address: Address,
    language: Language,
) -> Response:
    """Register a new account. User names and addresses are unique without regard to case.

    Where addresses are verified first, the answer is 202 for every address, and the account begins
    when its mail is answered (`POST /email-verifications/confirm`).
    """
    begun = await register_user(**body.model_dump(), network=address, language=language)
    if isinstance(begun, RegistrationPending):
        return accepted(begun.flow)
    return created(begun, request)


@router.get("/users/me", response_model=UserPrivate, responses=refuses(*CREDENTIAL, Forbidden))
async def read_my_account(caller: ReadingCaller) -> Response:
    """Read your own account."""
    return json_response(private(caller.user))


@router.patch(
    "/users/me",
    response_model=UserPrivate,
    responses=refuses(
        *BODY,
        *STAYING,
        Forbidden,
        InvalidUsername,
        InvalidProfile,
        LoginNameRequired,
        UsernameTaken,
    ),
)
async def change_my_profile(
    caller: WritingCaller, body: ProfileChange, update_profile: Update
) -> Response:
    """Change your user name or profile. What is left out stays; `null` removes."""
    changes = body.model_dump(exclude_unset=True)
    return json_response(private(await update_profile(user=caller.user.id, **changes)))


@router.put(
    "/users/me/password",
    status_code=HTTPStatus.NO_CONTENT,
    responses=refuses(*BODY, *STAYING, *NEW_PASSWORD, InvalidCredentials, TooManyAttempts),
)
async def change_my_password(
    caller: Caller, body: PasswordChange, change_password: Change, address: Address, device: Device
) -> Response:
    """Choose a new password. Every other session ends at once."""
    await change_password(
        user=caller.user.id,
        current_password=body.current_password,
        new_password=body.new_password,
        keep_session=caller.session,
        address=address,
        device=device,
    )
    return no_content()


@router.get(
    "/users/{id}",
    response_model=UserPublic,
    dependencies=[Public],
    responses=refuses(UserNotFound),
)
async def read_public_profile(id: str, read_profile: ReadPublic) -> Response:
    """Read what everybody may know of a user. Absent and disabled users look alike."""
    return json_response(public(await read_profile(id=id)))
