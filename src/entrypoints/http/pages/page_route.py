"""Routes that answer people: what is refused becomes a page, and forms must be our own."""

import math
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from hexkey.domain.accounts.one_time_token import InvalidOrExpiredToken
from hexkey.domain.errors import HexkeyError
from hexkey.entrypoints.http.pages.same_origin import ensure_same_origin
from hexkey.entrypoints.http.pages.visit import Visit, visit_of
from hexkey.entrypoints.http.problems import REFUSAL, status_of
from hexkey.entrypoints.http.refusals import InvalidRequest, TooManyRequests
from hexkey.entrypoints.http.strict_route import Handler, StrictRoute

# Where one asks for a new one of what has led to a page in vain.
_ASK_AGAIN = {"reset-password": "forgot-password", "verify-email": "ask-verification"}


class PageRoute(StrictRoute):
    """A route whose answers are pages, also the refusals."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.app = _Limited(self.app, self)

    @property
    def name_of_page(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]

    def get_route_handler(self) -> Handler:
        """The handler, behind the check of where a form came from."""
        handle = super().get_route_handler()

        async def handle_as_page(request: Request) -> Response:
            try:
                if request.method == "POST":
                    public_url = request.app.state.container.settings().public_url
                    ensure_same_origin(request, public_url=public_url)
                return await handle(request)
            except RequestValidationError:
                refusal: HexkeyError = InvalidRequest()
            except HexkeyError as error:
                refusal = error
            return await _refuse(request, refusal, page=self.name_of_page)

        return handle_as_page


@dataclass(frozen=True, slots=True)
class _Limited:
    """Shows whoever has come too often a page as well; that is found out before the handler."""

    app: ASGIApp
    route: PageRoute

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        except TooManyRequests as error:
            request = Request(scope, receive)
            response = await _refuse(request, error, page=self.route.name_of_page)
            response.headers.update(error.headers)
            await response(scope, receive, send)


async def _refuse(request: Request, error: HexkeyError, *, page: str) -> Response:
    request.scope[REFUSAL] = error  # so that it is written down like any other
    return refused(await visit_of(request), error, page=page)


def refused(visit: Visit, error: HexkeyError, *, page: str) -> Response:
    """The page that says what did not work, and where to go from there."""
    status = status_of(type(error))
    expired = isinstance(error, InvalidOrExpiredToken)
    words = dict(visit.words.of("expired" if expired else "refused"))
    words.setdefault("text", visit.words.refusal(error))
    again = _ASK_AGAIN.get(page) if expired else None
    response = visit.draw(
        "message.html",
        words=words,
        status=status,
        again=visit.path(again) if again else None,
        again_words=words["again"],
    )
    retry_after = getattr(error, "retry_after", None)
    if retry_after is not None:
        response.headers["Retry-After"] = str(max(1, math.ceil(retry_after.total_seconds())))
    return response


def refilled(visit: Visit, error: HexkeyError) -> dict[str, Any]:
    """What a form is shown again with after `error`, so that it can be mended."""
    status: HTTPStatus = status_of(type(error))
    return {"status": status, "refusal": visit.words.refusal(error)}
