"""Users, for administrators: finding, making and changing them."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from hexkey.application.accounts.administration import UserEdit
from hexkey.application.accounts.profile import ProfileChange
from hexkey.application.accounts.registration import LoginNameRequired
from hexkey.domain.access import Forbidden, InvalidRole, RoleNotFound, known_role
from hexkey.domain.accounts.email import InvalidEmail
from hexkey.domain.accounts.profile import InvalidProfile
from hexkey.domain.accounts.user import (
    EmailTaken,
    ErasureOrdered,
    LastAdministrator,
    UsernameTaken,
    UserNotFound,
)
from hexkey.domain.accounts.username import InvalidUsername
from hexkey.domain.identifiers import UserId, parse_user_id
from hexkey.domain.paging import DEFAULT_PAGE, InvalidCursor
from hexkey.domain.sessions.session import ReauthenticationRequired
from hexkey.entrypoints.http.access_dependencies import (
    Add,
    Cursor,
    Edit,
    Find,
    Limit,
    List,
    ReadFilter,
    UserReader,
    UserWriter,
)
from hexkey.entrypoints.http.access_schemas import NewUser, Status, UserChange
from hexkey.entrypoints.http.dependencies import Language
from hexkey.entrypoints.http.documentation import BODY, STAYING, refuses
from hexkey.entrypoints.http.refusals import InvalidRequest, MalformedRequest
from hexkey.entrypoints.http.representations import created, json_response, private
from hexkey.entrypoints.http.schemas import UserList, UserPrivate
from hexkey.entrypoints.http.strict_route import StrictRoute

router = APIRouter(prefix="/admin", tags=["Administration"], route_class=StrictRoute)

Text = Annotated[str | None, Query(max_length=400)]


@router.get(
    "/users",
    response_model=UserList,
    responses=refuses(
        *STAYING,
        Forbidden,
        InvalidCursor,
        InvalidRequest,
        MalformedRequest,
        InvalidEmail,
        InvalidUsername,
        InvalidRole,
    ),
)
async def list_users(
    _: UserReader,
    page: List,
    read: ReadFilter,
    limit: Limit = DEFAULT_PAGE,
    cursor: Cursor = None,
    email: Text = None,
    username: Text = None,
    status: Status | None = None,
    role: Text = None,
) -> Response:
    """List users, oldest first: all of them, or those whom every filter fits exactly."""
    active = None if status is None else status == "active"
    only = read(email=email, username=username, is_active=active, role=role)
    listed = await page(cursor=cursor, limit=limit, only=only)
    items = [private(user) for user in listed.users]
    return json_response({"items": items, "next_cursor": listed.next_cursor})


@router.post(
    "/users",
    status_code=HTTPStatus.CREATED,
    response_model=UserPrivate,
    responses=refuses(
        *BODY,
        *STAYING,
        Forbidden,
        ReauthenticationRequired,
        LoginNameRequired,
        InvalidUsername,
        InvalidEmail,
        InvalidProfile,
        UsernameTaken,
        EmailTaken,
    ),
)
async def add_user(
    request: Request, body: NewUser, _: UserWriter, add: Add, language: Language
) -> Response:
    """Make an account. Its owner is written to, and chooses the password."""
    return created(await add(**body.model_dump(), language=language), request)


@router.get(
    "/users/{id}",
    response_model=UserPrivate,
    responses=refuses(*STAYING, Forbidden, UserNotFound),
)
async def read_user(id: str, _: UserReader, find: Find) -> Response:
    """Read one account, whatever its status."""
    return json_response(private(await find(reference=known(id))))


@router.patch(
    "/users/{id}",
    response_model=UserPrivate,
    responses=refuses(
        *BODY,
        *STAYING,
        Forbidden,
        ReauthenticationRequired,
        UserNotFound,
        RoleNotFound,
        ErasureOrdered,
        LastAdministrator,
        InvalidUsername,
        InvalidProfile,
        LoginNameRequired,
        UsernameTaken,
    ),
)
async def change_user(id: str, body: UserChange, caller: UserWriter, edit: Edit) -> Response:
    """Change an account; all of it, or nothing.

    `status` also needs the permission `users:disable`, and `roles` needs `roles:assign`.
    """
    wanted = body.model_dump(exclude_unset=True)
    status, roles = wanted.pop("status", None), wanted.pop("roles", None)
    change = UserEdit(
        profile=ProfileChange(**wanted),
        active=None if status is None else status == "active",
        roles=None if roles is None else frozenset(map(known_role, roles)),
    )
    return json_response(private(await edit(user=known(id), edit=change, by=caller.authority)))


def known(id: str) -> UserId:
    """`id` as it stands in a path.

    Raises:
        UserNotFound: if that can be nobody's.
    """
    user = parse_user_id(id)
    if user is None:
        raise UserNotFound
    return user
