"""How the routes of administration and of API keys get their callers and use cases."""

from typing import Annotated

from fastapi import Depends, Query
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from hexkey.application.access.roles import ListRoles
from hexkey.application.accounts.administration import AddUser, EditUser
from hexkey.application.accounts.finding import FindUser
from hexkey.application.accounts.listing import ListUsers, ReadUserFilter
from hexkey.application.accounts.setup import SetUp
from hexkey.application.accounts.supervision import (
    DisableUser,
    EnableUser,
    EndSessionsOf,
    EraseUser,
    GrantRole,
    RequirePasswordReset,
    RevokeRole,
)
from hexkey.application.sessions.api_keys import ListApiKeys, MakeApiKey, RevokeApiKey
from hexkey.domain.access import Permission
from hexkey.domain.paging import MAX_PAGE
from hexkey.domain.sessions.access_token import Principal
from hexkey.entrypoints.http.dependencies import use
from hexkey.entrypoints.http.protection import WithPermission

# Whoever may call a route of administration. What changes something needs a fresh proof.
UserReader = Annotated[Principal, Depends(WithPermission(Permission.USERS_READ))]
UserWriter = Annotated[Principal, Depends(WithPermission(Permission.USERS_WRITE, fresh=True))]
UserDisabler = Annotated[Principal, Depends(WithPermission(Permission.USERS_DISABLE, fresh=True))]
UserEraser = Annotated[Principal, Depends(WithPermission(Permission.USERS_ERASE, fresh=True))]
PasswordResetter = Annotated[
    Principal, Depends(WithPermission(Permission.USERS_RESET_PASSWORD, fresh=True))
]
SessionReader = Annotated[Principal, Depends(WithPermission(Permission.SESSIONS_READ))]
SessionEnder = Annotated[Principal, Depends(WithPermission(Permission.SESSIONS_END, fresh=True))]
RoleReader = Annotated[Principal, Depends(WithPermission(Permission.ROLES_READ))]
RoleAssigner = Annotated[Principal, Depends(WithPermission(Permission.ROLES_ASSIGN, fresh=True))]


def _digits(value: object) -> object:
    """Pydantic would take `1.0` and ` 1` for 1."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit()):
        raise PydanticCustomError("int_parsing", "Input should be a whole number in digits")
    return value


Limit = Annotated[int, BeforeValidator(_digits), Query(ge=1, le=MAX_PAGE)]
Cursor = Annotated[str | None, Query(max_length=1024)]

List = Annotated[ListUsers, Depends(use(lambda c: c.list_users()))]
ReadFilter = Annotated[ReadUserFilter, Depends(use(lambda c: c.read_user_filter()))]
Find = Annotated[FindUser, Depends(use(lambda c: c.find_user()))]
Add = Annotated[AddUser, Depends(use(lambda c: c.add_user()))]
Edit = Annotated[EditUser, Depends(use(lambda c: c.edit_user()))]
Disable = Annotated[DisableUser, Depends(use(lambda c: c.disable_user()))]
Enable = Annotated[EnableUser, Depends(use(lambda c: c.enable_user()))]
Erase = Annotated[EraseUser, Depends(use(lambda c: c.erase_user()))]
RequireReset = Annotated[RequirePasswordReset, Depends(use(lambda c: c.require_password_reset()))]
EndSessions = Annotated[EndSessionsOf, Depends(use(lambda c: c.end_sessions_of()))]
Grant = Annotated[GrantRole, Depends(use(lambda c: c.grant_role()))]
Revoke = Annotated[RevokeRole, Depends(use(lambda c: c.revoke_role()))]
ReadRoles = Annotated[ListRoles, Depends(use(lambda c: c.list_roles()))]

MakeKey = Annotated[MakeApiKey, Depends(use(lambda c: c.make_api_key()))]
ReadKeys = Annotated[ListApiKeys, Depends(use(lambda c: c.list_api_keys()))]
RevokeKey = Annotated[RevokeApiKey, Depends(use(lambda c: c.revoke_api_key()))]
FirstSetUp = Annotated[SetUp, Depends(use(lambda c: c.set_up()))]
