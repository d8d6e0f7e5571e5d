"""What administrators do to an account as a whole."""

from http import HTTPStatus

from fastapi import APIRouter, Response

from hexkey.domain.access import Forbidden
from hexkey.domain.accounts.user import (
    ErasureOrdered,
    LastAdministrator,
    NoEmailAddress,
    UserNotFound,
)
from hexkey.domain.sessions.session import ReauthenticationRequired
from hexkey.entrypoints.http.access_dependencies import (
    Disable,
    Enable,
    EndSessions,
    Erase,
    Find,
    PasswordResetter,
    RequireReset,
    SessionEnder,
    SessionReader,
    UserDisabler,
    UserEraser,
)
from hexkey.entrypoints.http.admin.users import known
from hexkey.entrypoints.http.dependencies import ListMine
from hexkey.entrypoints.http.documentation import STAYING, refuses
from hexkey.entrypoints.http.recovery_schemas import Leaving
from hexkey.entrypoints.http.representations import (
    instant,
    json_response,
    no_content,
    private,
    session,
)
from hexkey.entrypoints.http.schemas import SessionList, UserPrivate
from hexkey.entrypoints.http.strict_route import StrictRoute

router = APIRouter(prefix="/admin/users", tags=["Administration"], route_class=StrictRoute)

_ACT = (*STAYING, Forbidden, ReauthenticationRequired, UserNotFound)


@router.post(
    "/{id}/disable", response_model=UserPrivate, responses=refuses(*_ACT, LastAdministrator)
)
async def disable_user(id: str, caller: UserDisabler, disable: Disable) -> Response:
    """Refuse a user everywhere, and end all that they hold. Twice is once."""
    return json_response(private(await disable(user=known(id), by=caller.authority)))


@router.post("/{id}/enable", response_model=UserPrivate, responses=refuses(*_ACT, ErasureOrdered))
async def enable_user(id: str, caller: UserDisabler, enable: Enable) -> Response:
    """Let a disabled user sign in again. Twice is once.

    An erasure that is under way is called off by who holds the permission `users:erase`, too.
    """
    return json_response(private(await enable(user=known(id), by=caller.authority)))


@router.post(
    "/{id}/require-password-reset",
    response_model=UserPrivate,
    responses=refuses(*_ACT, LastAdministrator, NoEmailAddress),
)
async def require_password_reset(
    id: str, caller: PasswordResetter, require: RequireReset
) -> Response:
    """Make the password worthless, end all sessions, and mail the owner a link to a new one."""
    return json_response(private(await require(user=known(id), by=caller.authority)))


@router.delete(
    "/{id}",
    status_code=HTTPStatus.ACCEPTED,
    response_model=Leaving,
    responses=refuses(*_ACT, LastAdministrator),
)
async def erase_user(id: str, caller: UserEraser, erase: Erase) -> Response:
    """Refuse a user everywhere now, and erase them when no token of theirs is believed any more."""
    user = await erase(user=known(id), by=caller.authority)
    at = instant(user.erase_at) if user.erase_at else None
    return json_response({"erase_at": at}, HTTPStatus.ACCEPTED)


@router.get(
    "/{id}/sessions",
    response_model=SessionList,
    responses=refuses(*STAYING, Forbidden, UserNotFound),
)
async def list_sessions(id: str, caller: SessionReader, find: Find, listed: ListMine) -> Response:
    """See where a user is signed in, the latest first."""
    user = await find(reference=known(id))
    items = [session(it, current=caller.session) for it in await listed(user=user.id)]
    return json_response({"items": items, "next_cursor": None})


@router.delete("/{id}/sessions", status_code=HTTPStatus.NO_CONTENT, responses=refuses(*_ACT))
async def end_sessions(id: str, caller: SessionEnder, end: EndSessions) -> Response:
    """Sign a user out everywhere."""
    await end(user=known(id), by=caller.authority)
    return no_content()
