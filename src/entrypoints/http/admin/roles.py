"""Roles, for administrators: which there are, and who holds them."""

from fastapi import APIRouter, Response

from hexkey.domain.access import Forbidden, Role, RoleNotFound, known_role
from hexkey.domain.accounts.user import LastAdministrator, UserNotFound
from hexkey.domain.sessions.session import ReauthenticationRequired
from hexkey.entrypoints.http.access_dependencies import (
    Grant,
    ReadRoles,
    Revoke,
    RoleAssigner,
    RoleReader,
)
from hexkey.entrypoints.http.access_schemas import RoleList, shown_role
from hexkey.entrypoints.http.admin.users import known
from hexkey.entrypoints.http.documentation import STAYING, refuses
from hexkey.entrypoints.http.representations import json_response, private
from hexkey.entrypoints.http.schemas import UserPrivate
from hexkey.entrypoints.http.strict_route import StrictRoute

router = APIRouter(prefix="/admin", tags=["Administration"], route_class=StrictRoute)

_ACT = (*STAYING, Forbidden, ReauthenticationRequired, UserNotFound)


@router.get("/roles", response_model=RoleList, responses=refuses(*STAYING, Forbidden))
async def list_roles(_: RoleReader, roles: ReadRoles) -> Response:
    """See which roles there are, and what each permits. They are defined by `hexkey roles`."""
    items = [shown_role(role) for role in await roles()]
    return json_response({"items": items, "next_cursor": None})


@router.put(
    "/users/{id}/roles/{role}", response_model=UserPrivate, responses=refuses(*_ACT, RoleNotFound)
)
async def grant_role(id: str, role: str, caller: RoleAssigner, grant: Grant) -> Response:
    """Give a user a role that permits no more than you may do yourself. Twice is once."""
    granted = await grant(user=known(id), role=known_role(role), by=caller.authority)
    return json_response(private(granted))


@router.delete(
    "/users/{id}/roles/{role}",
    response_model=UserPrivate,
    responses=refuses(*_ACT, LastAdministrator),
)
async def revoke_role(id: str, role: str, caller: RoleAssigner, revoke: Revoke) -> Response:
    """Take a role from a user. Twice is once."""
    return json_response(
        private(await revoke(user=known(id), role=Role(role), by=caller.authority))
    )
