"""The pages for confirming an address, by the link or by the code of a mail."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Form, Response

from hexkey.application.accounts.looking import CONFIRMING
from hexkey.domain.accounts.one_time_token import InvalidOrExpiredToken, Purpose
from hexkey.entrypoints.http.dependencies import Address, Language, Public
from hexkey.entrypoints.http.pages.forms import AddressForm, ProofForm
from hexkey.entrypoints.http.pages.page_route import PageRoute, refilled
from hexkey.entrypoints.http.pages.visit import PREFIX, Visit, Visitor
from hexkey.entrypoints.http.recovery_dependencies import AskVerification, Confirm, LookAt

router = APIRouter(
    prefix=PREFIX, include_in_schema=False, route_class=PageRoute, dependencies=[Public]
)


@router.get("/ask-verification")
async def ask_where_to_confirm(visit: Visitor) -> Response:
    """Show the form that asks for a new mail."""
    return visit.show("ask.html", "ask-verification", action=visit.path("ask-verification"))


@router.post("/ask-verification")
async def mail_confirmation(
    visit: Visitor,
    form: Annotated[AddressForm, Form()],
    request_verification: AskVerification,
    address: Address,
    language: Language,
) -> Response:
    """Ask for the mail, and show where its code may be typed; nobody learns whose address it is."""
    flow = await request_verification(email=form.email, network=address, language=language)
    return _code_form(visit, email=form.email, flow=flow, status=HTTPStatus.ACCEPTED)


@router.get("/verify-email")
async def ask_to_confirm(visit: Visitor, look: LookAt, token: str = "") -> Response:
    """Show the button that confirms the address."""
    found = await look(token=token, purposes=CONFIRMING)
    is_known = found.purpose is Purpose.VERIFY_EMAIL  # then there is an account to take it off
    return visit.show(
        "button.html",
        "verify-email",
        action=visit.path("verify-email"),
        token=token,
        address=found.address.value,
        other=visit.path("disown-email") if is_known else None,
    )


@router.post("/verify-email")
async def confirm(
    visit: Visitor, form: Annotated[ProofForm, Form()], confirm_email: Confirm
) -> Response:
    """Confirm the address."""
    try:
        await confirm_email(**form.proof())
    except InvalidOrExpiredToken as error:
        if not form.code:
            raise
        return _code_form(visit, email=form.email, flow=form.flow, **refilled(visit, error))
    return visit.onward("email_verified")


def _code_form(visit: Visit, *, email: str, flow: str, **more: Any) -> Response:
    return visit.show(
        "code.html",
        "code-for-verification",
        action=visit.path("verify-email"),
        email=email,
        flow=flow,
        with_password=False,
        again=visit.path("ask-verification"),
        again_words=visit.words.of("expired")["again"],
        **more,
    )
