"""What is held about a user, as they may take it along: its schema, and how it is written."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from hexkey.application.accounts.export import AccountExport, ExportedMessage, ExportedToken
from hexkey.domain.sessions.api_key import ApiKey
from hexkey.domain.sessions.session import Session
from hexkey.entrypoints.http.access_schemas import ApiKeyShown, shown_key
from hexkey.entrypoints.http.representations import instant, private
from hexkey.entrypoints.http.schemas import UserPrivate

_INSTANT = Field(examples=["2026-01-01T12:00:00.000Z"])
_INSTANT_OR_NULL = Field(examples=[None])


class UserExport(UserPrivate):
    """The account itself."""

    language: str | None = Field(
        description="In which mails are written; null for the service's own.", examples=["en"]
    )


class SessionExport(BaseModel):
    """One place where the user was signed in, or still is."""

    id: str = Field(examples=["0198c0de-0000-7000-8000-000000000002"])
    created_at: datetime = _INSTANT
    authenticated_at: datetime = _INSTANT
    last_seen_at: datetime = _INSTANT
    expires_at: datetime = _INSTANT
    ended_at: datetime | None = _INSTANT_OR_NULL
    user_agent: str | None = Field(
        description="As it named itself.", examples=["Mozilla/5.0 (X11; Linux x86_64)"]
    )
    address: str | None = Field(examples=["192.0.2.1"])
    scopes: list[str] = Field(examples=[[]])


class TokenExport(BaseModel):
    """A link or a code that was mailed; not what it reads."""

    purpose: str = Field(examples=["reset_password"])
    address: str = Field(examples=["alice@example.com"])
    created_at: datetime = _INSTANT
    expires_at: datetime = _INSTANT
    used_at: datetime | None = _INSTANT_OR_NULL


class MessageExport(BaseModel):
    """A message about the user that is kept; not what it says."""

    kind: str = Field(examples=["verify_email"])
    channel: str = Field(examples=["mail"])
    created_at: datetime = _INSTANT
    state: str = Field(examples=["done"])


class AccountDocument(BaseModel):
    """Everything that is held about a user, but for what is secret."""

    exported_at: datetime = _INSTANT
    user: UserExport
    sessions: list[SessionExport]
    tokens: list[TokenExport]
    messages: list[MessageExport]
    api_keys: list[ApiKeyShown]


def account_document(export: AccountExport) -> dict[str, Any]:
    """The same in JSON."""
    return {
        "exported_at": instant(export.exported_at),
        "user": {**private(export.user), "language": export.user.language},
        "sessions": [_session(it) for it in export.sessions],
        "tokens": [_token(it) for it in export.tokens],
        "messages": [_message(it) for it in export.messages],
        "api_keys": [_key(it, export) for it in export.keys],
    }


def _session(session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "created_at": instant(session.created_at),
        "authenticated_at": instant(session.authenticated_at),
        "last_seen_at": instant(session.last_seen_at),
        "expires_at": instant(session.idle_until),
        "ended_at": _instant_or_none(session.ended_at),
        "user_agent": session.client.user_agent,
        "address": session.client.address,
        "scopes": sorted(session.scopes),
    }


def _key(key: ApiKey, export: AccountExport) -> dict[str, Any]:
    return shown_key(key, key.status_for(export.user, now=export.exported_at))


def _token(token: ExportedToken) -> dict[str, Any]:
    return {
        "purpose": token.purpose.value,
        "address": token.address,
        "created_at": instant(token.created_at),
        "expires_at": instant(token.expires_at),
        "used_at": _instant_or_none(token.used_at),
    }


def _message(message: ExportedMessage) -> dict[str, Any]:
    return {
        "kind": message.kind,
        "channel": message.channel,
        "created_at": instant(message.created_at),
        "state": message.state.value,
    }


def _instant_or_none(at: datetime | None) -> str | None:
    return None if at is None else instant(at)
