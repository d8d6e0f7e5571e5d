"""Users and tokens as JSON: written by hand, because every request pays for it.

The models of `schemas.py` describe the same shapes for the documentation; a test holds the two
equal.
"""

import json
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hexkey.application.sessions.ending import ListedSession
from hexkey.application.sessions.tokens import IssuedTokens
from hexkey.domain.accounts.user import User
from hexkey.domain.identifiers import SessionId

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def json_response(
    content: Any, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """`content` as a finished response, past the work FastAPI would do on it."""
    return Response(_encode(content).encode(), status, headers, "application/json")


def no_content() -> Response:
    """Done, and there is nothing to say; FastAPI's own would name the media type of nothing."""
    return Response(status_code=204)


def public(user: User) -> dict[str, Any]:
    """What everybody may know."""
    return {
        "id": user.id,
        "username": user.username.value if user.username else None,
        "full_name": user.profile.full_name,
        "picture": user.profile.picture,
    }


def private(user: User) -> dict[str, Any]:
    """What the user and administrators may know."""
    return {
        **public(user),
        "email": user.email.value if user.email else None,
        "email_verified": user.email_verified,
        "status": "active" if user.is_active else "disabled",
        "roles": sorted(user.roles),
        "erase_at": instant(user.erase_at) if user.erase_at else None,
        "created_at": instant(user.created_at),
        "updated_at": instant(user.updated_at),
    }


def created(user: User, request: Request) -> Response:
    """An account that has just begun, and where everybody may look at it."""
    location = f"{request.scope.get('root_path', '')}/users/{user.id}"
    return json_response(private(user), HTTPStatus.CREATED, {"Location": location})


def accepted(flow: str | None = None) -> Response:
    """A mail was asked for: always this answer, whether there is anybody to write to or not."""
    said = {"detail": "If this is possible, a mail is on its way."}
    return json_response(said if flow is None else {**said, "flow": flow}, HTTPStatus.ACCEPTED)


def tokens(issued: IssuedTokens) -> dict[str, Any]:
    """The answer to a successful sign-in or refresh (RFC 6749 §5.1)."""
    return {
        "access_token": issued.access_token,
        "token_type": "bearer",
        "expires_in": int(issued.expires_in.total_seconds()),
        "refresh_token": issued.refresh_token,
        "scope": " ".join(sorted(issued.scopes)),
        "session_id": issued.session,
    }


def session(listed: ListedSession, *, current: SessionId | None) -> dict[str, Any]:
    """One place where somebody is signed in, as they may recognize it."""
    session = listed.session
    return {
        "id": session.id,
        "created_at": instant(session.created_at),
        "last_seen_at": instant(session.last_seen_at),
        "expires_at": instant(session.idle_until),
        "user_agent": listed.device,
        "address": session.client.address,
        "current": session.id == current,
    }


def instant(at: datetime) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
