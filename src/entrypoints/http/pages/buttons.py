"""Pages with one button: whoever presses it does what the mail was about.

Opening such a page changes nothing, however often a scanner of mails does it (RC-09).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response

from hexkey.domain.accounts.one_time_token import Purpose
from hexkey.entrypoints.container import Container
from hexkey.entrypoints.http.dependencies import Public, use
from hexkey.entrypoints.http.pages.forms import TokenForm
from hexkey.entrypoints.http.pages.page_route import PageRoute
from hexkey.entrypoints.http.pages.visit import PREFIX, Visitor
from hexkey.entrypoints.http.recovery_dependencies import LookAt

Deed = Callable[..., Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonPage:
    """One such page.

    Attributes:
        purpose: of the tokens that open it.
        pick: the use case that takes such a token.
        done: which page comes after it.
    """

    name: str
    purpose: Purpose
    pick: Callable[[Container], Deed]
    done: str


PAGES = (
    ButtonPage(
        name="disown-email",
        purpose=Purpose.VERIFY_EMAIL,
        pick=lambda c: c.disown_email(),
        done="email_disowned",
    ),
    ButtonPage(
        name="change-email",
        purpose=Purpose.CHANGE_EMAIL,
        pick=lambda c: c.confirm_email_change(),
        done="email_changed",
    ),
    ButtonPage(
        name="undo-email-change",
        purpose=Purpose.UNDO_EMAIL_CHANGE,
        pick=lambda c: c.undo_email_change(),
        done="email_change_undone",
    ),
    ButtonPage(
        name="restore-account",
        purpose=Purpose.RESTORE_ACCOUNT,
        pick=lambda c: c.restore_account_by_token(),
        done="account_restored",
    ),
)

router = APIRouter(
    prefix=PREFIX, include_in_schema=False, route_class=PageRoute, dependencies=[Public]
)


def _asking(page: ButtonPage) -> Callable[..., Awaitable[Response]]:
    async def ask(visit: Visitor, look: LookAt, token: str = "") -> Response:
        found = await look(token=token, purposes=(page.purpose,))
        return visit.show(
            "button.html",
            page.name,
            action=visit.path(page.name),
            token=token,
            address=found.address.value,
            other=None,
        )

    return ask


def _doing(page: ButtonPage) -> Callable[..., Awaitable[Response]]:
    deed_of_this_page = Depends(use(page.pick))

    async def do(
        visit: Visitor,
        form: Annotated[TokenForm, Form()],
        deed: Annotated[Deed, deed_of_this_page],
    ) -> Response:
        await deed(token=form.token)
        return visit.onward(page.done)

    return do


for _page in PAGES:
    router.add_api_route(f"/{_page.name}", _asking(_page), methods=["GET"])
    router.add_api_route(f"/{_page.name}", _doing(_page), methods=["POST"])
