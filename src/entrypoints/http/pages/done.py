"""The page that says what was done."""

from fastapi import APIRouter, Response

from hexkey.entrypoints.http.dependencies import Public
from hexkey.entrypoints.http.pages.page_route import PageRoute
from hexkey.entrypoints.http.pages.visit import PREFIX, Visitor
from hexkey.entrypoints.http.refusals import NothingHere

router = APIRouter(
    prefix=PREFIX, include_in_schema=False, route_class=PageRoute, dependencies=[Public]
)


@router.get("/done")
async def say_what_was_done(visit: Visitor, what: str = "") -> Response:
    """Say it in words of ours; what the address says is only looked up."""
    words = visit.words.done(what)
    if words is None:
        raise NothingHere
    return visit.draw("message.html", words=words, again=None)
