"""What webhooks say: the body is written in the transaction of the deed, and never changes."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hexkey.domain.accounts.user import User
from hexkey.domain.events import Event, EventType

# Who is told of these needs to know whom they concern, and no more.
_BY_ID = frozenset({EventType.PASSWORD_CHANGED, EventType.SESSION_ENDED, EventType.USER_DELETED})


def webhook_content(event: Event) -> Mapping[str, str]:
    """The `content` of the message that tells an application of `event`."""
    body = {"type": event.type.value, "timestamp": _instant(event.at), "data": _data(event)}
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
