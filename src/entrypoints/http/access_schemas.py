"""The shapes of administration, API keys and the set-up."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from hexkey.application.access.roles import ListedRole
from hexkey.domain.sessions.api_key import MOST_KEYS, ApiKey, KeyStatus
from hexkey.entrypoints.http.representations import instant
from hexkey.entrypoints.http.schemas import Body, Line, Secret

_MOST_LISTED = 200  # roles or scopes in one body

Status = Literal["active", "disabled"]


class NewUser(Body):
    """An account for somebody, who is written to and chooses the password."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "alice@example.com", "username": "alice"}]}
    )

    email: Line
    username: Line | None = None
    full_name: Line | None = None


class UserChange(Body):
    """What is to change; what is left out stays, `null` removes a name or a picture."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"full_name": "Alice Liddell"}]})

    username: Line | None = None
    full_name: Line | None = None
    picture: Line | None = None
    status: Status = "active"
    roles: list[Line] = Field(default=[], max_length=_MOST_LISTED)


class RoleShown(BaseModel):
    """A role, and what those who hold it may do."""

    name: str = Field(examples=["helpdesk"])
    permissions: list[str] = Field(examples=[["users:read", "sessions:end"]])
    built_in: bool


class RoleList(BaseModel):
    """Every role there is."""

    items: list[RoleShown]
    next_cursor: None = Field(description="There is one page.")


class NewApiKey(Body):
    """A personal token: what it is called, what it may do, and for how long."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "backup", "scopes": ["account:read"], "expires_in": 2592000}]
        }
    )

    name: Line
    scopes: list[Line] = Field(max_length=_MOST_LISTED)
    expires_in: int = Field(ge=60, le=366 * 86400, description="Seconds, at most 366 days.")


class ApiKeyShown(BaseModel):
    """A key, as it is kept; it cannot be read from this."""

    id: str = Field(examples=["0198c0de-0000-7000-8000-000000000003"])
    kind: Literal["personal", "service"]
    name: str = Field(examples=["backup"])
    scopes: list[str] = Field(examples=[["account:read"]])
    created_at: datetime = Field(examples=["2026-01-01T12:00:00.000Z"])
    expires_at: datetime | None = Field(examples=["2026-01-31T12:00:00.000Z"])
    last_used_at: datetime | None = Field(description="Exact to a minute.", examples=[None])
    status: Literal["active", "expired", "ended"] = Field(
        description="`ended` when the owner's password has changed or they may not sign in."
    )


class ApiKeyMade(ApiKeyShown):
    """A new key, together with what is shown this once."""

    secret: str = Field(description="Kept nowhere: note it now.", examples=["hxk_pat_…"])


class ApiKeyList(BaseModel):
    """The keys of one user, the latest first."""

    items: list[ApiKeyShown] = Field(max_length=MOST_KEYS)
    next_cursor: None = Field(description="There is one page.")


class SetUpRequest(Body):
    """The token that the server printed, and the first administrator."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"token": "hxk_su_…", "username": "ada", "password": "correct horse battery"}
            ]
        }
    )

    token: Secret
    username: Line
    password: Secret


def shown_role(role: ListedRole) -> dict[str, Any]:
    """`RoleShown` in JSON."""
    return {
        "name": role.name,
        "permissions": list(role.permissions),
        "built_in": role.built_in,
    }


def shown_key(key: ApiKey, status: KeyStatus = KeyStatus.ACTIVE) -> dict[str, Any]:
    """`ApiKeyShown` in JSON."""
    return {
        "id": key.id,
        "kind": key.kind.value,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "created_at": instant(key.created_at),
        "expires_at": instant(key.expires_at) if key.expires_at else None,
        "last_used_at": instant(key.last_used_at) if key.last_used_at else None,
        "status": status.value,
    }
