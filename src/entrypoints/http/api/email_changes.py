"""Changing an e-mail address: the new one is confirmed first, the old one may take it back."""

from http import HTTPStatus

from fastapi import APIRouter, Response

from hexkey.domain.accounts.email import InvalidEmail
from hexkey.domain.accounts.one_time_token import InvalidOrExpiredToken
from hexkey.domain.accounts.user import EmailTaken, LastAdministrator
from hexkey.domain.sessions.session import ReauthenticationRequired
from hexkey.entrypoints.http.dependencies import Address, FreshCaller, Language, Public
from hexkey.entrypoints.http.documentation import BODY, STAYING, refuses
from hexkey.entrypoints.http.recovery_dependencies import AskEmailChange, ConfirmChange, UndoChange
from hexkey.entrypoints.http.recovery_schemas import Accepted, MailedToken, MailRequest
from hexkey.entrypoints.http.representations import accepted, no_content
from hexkey.entrypoints.http.strict_route import StrictRoute

router = APIRouter(tags=["Recovery"], route_class=StrictRoute)


@router.post(
    "/users/me/email",
    status_code=HTTPStatus.ACCEPTED,
    response_model=Accepted,
    responses=refuses(*BODY, *STAYING, ReauthenticationRequired, InvalidEmail),
)
async def ask_for_email_change(
    caller: FreshCaller,
    body: MailRequest,
    request_change: AskEmailChange,
    address: Address,
    language: Language,
) -> Response:
    """Ask for a mail to a new address. Nothing changes before that address is confirmed.

    Needs a proof of identity in the last five minutes. The answer is the same for a taken address.
    """
    await request_change(user=caller.user.id, email=body.email, network=address, language=language)
    return accepted()


@router.post(
    "/email-changes/confirm",
    status_code=HTTPStatus.NO_CONTENT,
    dependencies=[Public],
    responses=refuses(*BODY, InvalidOrExpiredToken),
)
async def confirm_email_change(body: MailedToken, confirm_change: ConfirmChange) -> Response:
    """Use the new address from now on. The old one is told, with a link that undoes it."""
    await confirm_change(token=body.token)
    return no_content()


@router.post(
    "/email-changes/undo",
    status_code=HTTPStatus.NO_CONTENT,
    dependencies=[Public],
    responses=refuses(*BODY, InvalidOrExpiredToken, EmailTaken, LastAdministrator),
)
async def undo_email_change(body: MailedToken, undo_change: UndoChange) -> Response:
    """Take the old address back. Every session ends, and the password stops working."""
    await undo_change(token=body.token)
    return no_content()
