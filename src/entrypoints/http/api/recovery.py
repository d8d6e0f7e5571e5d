"""What mails carry: confirming an address, and choosing a new password without the old one."""

from http import HTTPStatus

from fastapi import APIRouter, Response

from hexkey.domain.accounts.email import InvalidEmail
from hexkey.domain.accounts.one_time_token import InvalidOrExpiredToken
from hexkey.domain.accounts.user import LastAdministrator, UsernameTaken
from hexkey.entrypoints.http.dependencies import Address, Language, Public
from hexkey.entrypoints.http.documentation import BODY, NEW_PASSWORD, refuses
from hexkey.entrypoints.http.recovery_dependencies import (
    AskReset,
    AskVerification,
    Confirm,
    Disown,
    Reset,
)
from hexkey.entrypoints.http.recovery_schemas import (
    MailAsked,
    MailedProof,
    MailedToken,
    MailRequest,
    PasswordReset,
)
from hexkey.entrypoints.http.representations import accepted, no_content
from hexkey.entrypoints.http.strict_route import StrictRoute

router = APIRouter(tags=["Recovery"], route_class=StrictRoute, dependencies=[Public])


@router.post(
    "/email-verifications",
    status_code=HTTPStatus.ACCEPTED,
    response_model=MailAsked,
    responses=refuses(*BODY, InvalidEmail),
)
async def ask_for_verification(
    body: MailRequest, request_verification: AskVerification, address: Address, language: Language
) -> Response:
    """Ask for a mail that confirms an address. The answer is the same for every address."""
    flow = await request_verification(email=body.email, network=address, language=language)
    return accepted(flow)


@router.post(
    "/email-verifications/confirm",
    status_code=HTTPStatus.NO_CONTENT,
    responses=refuses(*BODY, InvalidOrExpiredToken, UsernameTaken),
)
async def confirm_address(body: MailedProof, confirm_email: Confirm) -> Response:
    """Confirm an address by the token or the code of the mail; so begins a waiting account, too.

    If somebody took the user name of a waiting account in the meantime, register anew.
    """
    await confirm_email(**body.model_dump(exclude_none=True))
    return no_content()


@router.post(
    "/email-verifications/disown",
    status_code=HTTPStatus.NO_CONTENT,
    responses=refuses(*BODY, InvalidOrExpiredToken, LastAdministrator),
)
async def disown_address(body: MailedToken, disown_email: Disown) -> Response:
    """Take your address off an account that is not yours. Its sessions end."""
    await disown_email(token=body.token)
    return no_content()


@router.post(
    "/password-resets",
    status_code=HTTPStatus.ACCEPTED,
    response_model=MailAsked,
    responses=refuses(*BODY, InvalidEmail),
)
async def ask_for_reset(
    body: MailRequest, request_reset: AskReset, address: Address, language: Language
) -> Response:
    """Ask for a mail to choose a new password. The answer is the same for every address."""
    return accepted(await request_reset(email=body.email, network=address, language=language))


@router.post(
    "/password-resets/confirm",
    status_code=HTTPStatus.NO_CONTENT,
    responses=refuses(*BODY, *NEW_PASSWORD, InvalidOrExpiredToken),
)
async def reset_my_password(body: PasswordReset, reset_password: Reset) -> Response:
    """Set a new password by the token of the mail, or by its code and the flow it was asked in.

    Every session ends, and nobody is signed in.
    """
    await reset_password(**body.model_dump(exclude_none=True))
    return no_content()
