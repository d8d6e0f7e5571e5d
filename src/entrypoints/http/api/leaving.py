"""Leaving: erasing one's account, thinking better of it, and taking one's data along."""

from http import HTTPStatus

from fastapi import APIRouter, Response

from hexkey.domain.accounts.one_time_token import InvalidOrExpiredToken
from hexkey.domain.accounts.user import LastAdministrator
from hexkey.domain.sessions.session import ReauthenticationRequired
from hexkey.entrypoints.http.dependencies import (
    FreshCaller,
    FreshLeavingCaller,
    LeavingCaller,
    Public,
)
from hexkey.entrypoints.http.documentation import BODY, CREDENTIAL, STAYING, refuses
from hexkey.entrypoints.http.export_document import AccountDocument, account_document
from hexkey.entrypoints.http.recovery_dependencies import Export, Leave, Restore, RestoreByToken
from hexkey.entrypoints.http.recovery_schemas import Leaving, MailedToken
from hexkey.entrypoints.http.representations import (
    instant,
    json_response,
    no_content,
    private,
)
from hexkey.entrypoints.http.schemas import UserPrivate
from hexkey.entrypoints.http.strict_route import StrictRoute

router = APIRouter(tags=["Accounts"], route_class=StrictRoute)


@router.delete(
    "/users/me",
    status_code=HTTPStatus.ACCEPTED,
    response_model=Leaving,
    responses=refuses(*STAYING, ReauthenticationRequired, LastAdministrator),
)
async def delete_my_account(caller: FreshCaller, leave: Leave) -> Response:
    """Have your account erased after a time in which you may restore it. Other sessions end.

    Needs a proof of identity in the last five minutes.
    """
    user = await leave(user=caller.user.id, keep_session=caller.session)
    at = instant(user.erase_at) if user.erase_at else None
    return json_response({"erase_at": at}, HTTPStatus.ACCEPTED)


@router.post("/users/me/restore", response_model=UserPrivate, responses=refuses(*CREDENTIAL))
async def restore_my_account(caller: LeavingCaller, restore: Restore) -> Response:
    """Keep your account after all, exactly as it was."""
    return json_response(private(await restore(user=caller.user.id)))


@router.post(
    "/account-restorations/confirm",
    status_code=HTTPStatus.NO_CONTENT,
    dependencies=[Public],
    responses=refuses(*BODY, InvalidOrExpiredToken),
)
async def restore_by_mail(body: MailedToken, restore: RestoreByToken) -> Response:
    """Keep your account after all, by the token of the mail that announced its end."""
    await restore(token=body.token)
    return no_content()


@router.get(
    "/users/me/export",
    response_model=AccountDocument,
    responses=refuses(*CREDENTIAL, ReauthenticationRequired),
)
async def export_my_data(caller: FreshLeavingCaller, export: Export) -> Response:
    """Take along everything that is kept about you, but for what is secret.

    Needs a proof of identity in the last five minutes.
    """
    name = {"Content-Disposition": 'attachment; filename="account.json"'}
    return json_response(account_document(await export(user=caller.user.id)), headers=name)
