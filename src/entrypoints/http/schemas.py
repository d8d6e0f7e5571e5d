"""The shapes of requests and responses, as the OpenAPI document shows them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from hexkey.domain.text import has_control_characters


def _without_controls(text: str) -> str:
    if has_control_characters(text):
        raise PydanticCustomError("control_characters", "Control characters are not allowed")
    return text


# Limits that are rules of the domain, with codes of their own, are tighter than these.
Line = Annotated[
    str, StringConstraints(strict=True, max_length=4096), AfterValidator(_without_controls)
]
# Also over-long passwords reach the domain, which has a code for them.
Secret = Annotated[str, StringConstraints(strict=True), AfterValidator(_without_controls)]


class Body(BaseModel):
    """A JSON object with exactly these members, of exactly these types."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Registration(Body):
    """A new account; a user name or an e-mail address must be given, or both."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "username": "alice",
                    "email": "alice@example.com",
                    "password": "correct horse battery",
                    "full_name": "Alice Liddell",
                }
            ]
        }
    )

    username: Line | None = None
    email: Line | None = None
    password: Secret
    full_name: Line | None = None


class ProfileChange(Body):
    """What is to change; what is left out stays, `null` removes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"full_name": "Alice P. Liddell"}]})

    username: Line | None = None
    full_name: Line | None = None
    picture: Line | None = None


class PasswordChange(Body):
    """The old password, and the one to use from now on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "current_password": "correct horse battery",
                    "new_password": "staple battery horse",
                }
            ]
        }
    )

    current_password: Secret
    new_password: Secret


class Credentials(Body):
    """A user name or an e-mail address, and the password."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"login": "alice", "password": "correct horse battery"}]}
    )

    login: Line
    password: Secret


class PasswordForm(BaseModel):
    """The form of OAuth 2's password grant, for first-party clients (RFC 6749 §4.3.2).

    Further fields are ignored, as RFC 6749 §3.2 asks.
    """

    grant_type: Literal["password"] = "password"
    username: Line
    password: Secret
    scope: Line = ""


class RefreshRequest(Body):
    """The refresh token that the last answer held."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"refresh_token": "hxk_rt_…"}]})

    refresh_token: Secret


class Proof(Body):
    """The password, once more."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"password": "correct horse battery"}]}
    )

    password: Secret


class UserPublic(BaseModel):
    """What everybody may know of a user."""

    id: str = Field(examples=["0198c0de-0000-7000-8000-000000000001"])
    username: str | None = Field(examples=["alice"])
    full_name: str | None = Field(examples=["Alice Liddell"])
    picture: str | None = Field(examples=["https://example.com/alice.png"])


class UserPrivate(UserPublic):
    """What a user and the administrators may know."""

    email: str | None = Field(examples=["alice@example.com"])
    email_verified: bool
    status: Literal["active", "disabled"]
    roles: list[str] = Field(examples=[[]])
    erase_at: datetime | None = Field(
        description="When the account is erased, because its owner asked; null if nobody did.",
        examples=[None],
    )
    created_at: datetime = Field(examples=["2026-01-01T12:00:00.000Z"])
    updated_at: datetime = Field(examples=["2026-01-01T12:00:00.000Z"])


class UserList(BaseModel):
    """One page of users."""

    items: list[UserPrivate]
    next_cursor: str | None = Field(description="Opens the next page; null on the last one.")


class TokenResponse(BaseModel):
    """A session and its tokens (RFC 6749 §5.1)."""

    access_token: str
    token_type: Literal["bearer"]
    expires_in: int = Field(description="Seconds.", examples=[900])
    refresh_token: str = Field(examples=["hxk_rt_…"])
    scope: str = Field(description="What was granted, separated by spaces.", examples=[""])
    session_id: str = Field(examples=["0198c0de-0000-7000-8000-000000000002"])


class SessionItem(BaseModel):
    """One place where you are signed in."""

    id: str = Field(examples=["0198c0de-0000-7000-8000-000000000002"])
    created_at: datetime = Field(examples=["2026-01-01T12:00:00.000Z"])
    last_seen_at: datetime = Field(examples=["2026-01-01T12:00:00.000Z"])
    expires_at: datetime = Field(
        description="When it ends unless it is used before.", examples=["2026-01-15T12:00:00.000Z"]
    )
    user_agent: str = Field(examples=["Firefox 140 on Linux"])
    address: str | None = Field(examples=["192.0.2.1"])
    current: bool = Field(description="Whether this request belongs to it.")


class SessionList(BaseModel):
    """Where you are signed in, the latest first."""

    items: list[SessionItem]
    next_cursor: str | None = Field(description="Always null: there are at most 100 sessions.")


class JwkSet(BaseModel):
    """Public keys (RFC 7517)."""

    keys: list[dict[str, str]]


class FieldProblem(BaseModel):
    """One value that is not acceptable."""

    loc: list[str | int] = Field(examples=[["body", "password"]])
    code: str
    message: str


class Problem(BaseModel):
    """A refusal (RFC 9457). `code` is stable; `detail` is for people."""

    type: str = Field(examples=["about:blank"])
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[FieldProblem] | None = Field(default=None, description="With 422 only.")
