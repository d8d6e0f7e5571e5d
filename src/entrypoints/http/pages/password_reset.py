"""The pages for a forgotten password: asking for the mail, and choosing a new one."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Form, Response

from hexkey.domain.accounts.one_time_token import InvalidOrExpiredToken, Purpose
from hexkey.domain.accounts.password import PasswordRejected
from hexkey.entrypoints.http.dependencies import Address, Language, Public
from hexkey.entrypoints.http.pages.forms import AddressForm, NewPasswordForm
from hexkey.entrypoints.http.pages.page_route import PageRoute, refilled
from hexkey.entrypoints.http.pages.visit import PREFIX, Visit, Visitor
from hexkey.entrypoints.http.recovery_dependencies import AskReset, LookAt, Reset

router = APIRouter(
    prefix=PREFIX, include_in_schema=False, route_class=PageRoute, dependencies=[Public]
)


@router.get("/forgot-password")
async def ask_whose(visit: Visitor) -> Response:
    """Show the form that asks for the mail."""
    return visit.show("ask.html", "forgot-password", action=visit.path("forgot-password"))


@router.post("/forgot-password")
async def mail_reset(
    visit: Visitor,
    form: Annotated[AddressForm, Form()],
    request_reset: AskReset,
    address: Address,
    language: Language,
) -> Response:
    """Ask for the mail, and show where its code may be typed; nobody learns whose address it is."""
    flow = await request_reset(email=form.email, network=address, language=language)
    return _code_form(visit, email=form.email, flow=flow, status=HTTPStatus.ACCEPTED)


@router.get("/reset-password")
async def ask_for_password(visit: Visitor, look: LookAt, token: str = "") -> Response:
    """Show the form for the new password."""
    return await _password_form(visit, look, token)


@router.post("/reset-password")
async def reset(
    visit: Visitor,
    form: Annotated[NewPasswordForm, Form()],
    reset_password: Reset,
    look: LookAt,
) -> Response:
    """Set the new password; one that breaks a rule may be mended, for the token still works."""
    try:
        await reset_password(**form.proof(), new_password=form.new_password)
    except (PasswordRejected, InvalidOrExpiredToken) as error:
        more = refilled(visit, error)
        if form.token is None and form.code:
            return _code_form(visit, email=form.email, flow=form.flow, **more)
        return await _password_form(visit, look, form.token or "", **more)
    return visit.onward("password_reset")


async def _password_form(visit: Visit, look: LookAt, token: str, **more: Any) -> Response:
    """Raises: InvalidOrExpiredToken: if nothing can be reset with this token."""
    found = await look(token=token, purposes=(Purpose.RESET_PASSWORD,))
    return visit.show(
        "reset-password.html",
        "reset-password",
        action=visit.path("reset-password"),
        token=token,
        address=found.address.value,
        **more,
    )


def _code_form(visit: Visit, *, email: str, flow: str, **more: Any) -> Response:
    return visit.show(
        "code.html",
        "code-for-reset",
        action=visit.path("reset-password"),
        email=email,
        flow=flow,
        with_password=True,
        again=visit.path("forgot-password"),
        again_words=visit.words.of("expired")["again"],
        **more,
    )
