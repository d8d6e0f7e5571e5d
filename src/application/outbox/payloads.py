"""What webhooks say: the body is written in the transaction of the deed, and never changes."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hexkey.domain.accounts.user import User
from hexkey.domain.events import Event, EventType
from hexkey.domain.identifiers import SessionId, UserId

# Who is told of these needs to know whom they concern, and no more.
_BY_ID = frozenset({EventType.PASSWORD_CHANGED, EventType.SESSION_ENDED, EventType.USER_DELETED})


def webhook_content(event: Event) -> Mapping[str, str]:
    """The `content` of the message that tells an application of `event`."""
    return _content(event.type, event.at, _data(event))


def ended_session_content(user: UserId, session: SessionId, *, at: datetime) -> Mapping[str, str]:
    """The same for a session that was ended, for which nobody has to read its user."""
    return _content(EventType.SESSION_ENDED, at, {"user_id": user, "session_id": session})


def _content(type: EventType, at: datetime, data: Mapping[str, Any]) -> Mapping[str, str]:
    body = {"type": type.value, "timestamp": _instant(at), "data": data}
    return {"body": json.dumps(body, ensure_ascii=False, separators=(",", ":"))}


def _data(event: Event) -> dict[str, Any]:
    whom = {"user_id": event.user.id} if event.type in _BY_ID else {"user": _shown(event.user)}
    return {**whom, **event.details}


def _shown(user: User) -> dict[str, Any]:
    """A user as the user's own account page would show them."""
    return {
        "id": user.id,
        "username": user.username.value if user.username else None,
        "full_name": user.profile.full_name,
        "picture": user.profile.picture,
        "email": user.email.value if user.email else None,
        "email_verified": user.email_verified,
        "status": "active" if user.is_active else "disabled",
        "roles": sorted(user.roles),
        "created_at": _instant(user.created_at),
        "updated_at": _instant(user.updated_at),
        "erase_at": _instant(user.erase_at) if user.erase_at else None,
    }


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
