"""The page on which an invited person begins their account."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response

from hexkey.application.accounts.registration import LoginNameRequired
from hexkey.domain.accounts.one_time_token import Purpose
from hexkey.domain.accounts.password import PasswordRejected
from hexkey.domain.accounts.profile import InvalidProfile
from hexkey.domain.accounts.user import UsernameTaken
from hexkey.domain.accounts.username import InvalidUsername
from hexkey.entrypoints.http.dependencies import Language, Public
from hexkey.entrypoints.http.pages.forms import InvitationForm
from hexkey.entrypoints.http.pages.page_route import PageRoute, refilled
from hexkey.entrypoints.http.pages.visit import PREFIX, Visit, Visitor
from hexkey.entrypoints.http.recovery_dependencies import Accept, LookAt

router = APIRouter(
    prefix=PREFIX, include_in_schema=False, route_class=PageRoute, dependencies=[Public]
)

_CAN_BE_MENDED = (
    PasswordRejected,
    InvalidUsername,
    InvalidProfile,
    LoginNameRequired,
    UsernameTaken,
)


@router.get("/accept-invitation")
async def ask_how_to_sign_in(
    request: Request, visit: Visitor, look: LookAt, token: str = ""
) -> Response:
    """Show the form for the new account."""
    return await _form(request, visit, look, token, username="", full_name="")


@router.post("/accept-invitation")
async def accept(
    request: Request,
    visit: Visitor,
    form: Annotated[InvitationForm, Form()],
    accept_invitation: Accept,
    look: LookAt,
    language: Language,
) -> Response:
    """Begin the account; a value that breaks a rule may be mended, for the token still works."""
    try:
        await accept_invitation(
            token=form.token,
            username=form.username or None,
            password=form.password,
            full_name=form.full_name or None,
            language=language,
        )
    except _CAN_BE_MENDED as error:
        typed = {"username": form.username, "full_name": form.full_name}
        return await _form(request, visit, look, form.token, **typed, **refilled(visit, error))
    return visit.onward("invitation_accepted")


async def _form(request: Request, visit: Visit, look: LookAt, token: str, **more: Any) -> Response:
    found = await look(token=token, purposes=(Purpose.INVITE,))
    return visit.show(
        "accept-invitation.html",
        "accept-invitation",
        action=visit.path("accept-invitation"),
        token=token,
        address=found.address.value,
        username_required=request.app.state.container.settings().username_required,
        **more,
    )
