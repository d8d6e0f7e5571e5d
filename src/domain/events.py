"""What happens to accounts, for their owners and for applications to hear of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from hexkey.domain.accounts.user import User


class EventType(StrEnum):
    """Kinds of happening; the values are public: webhooks carry them."""

    USER_CREATED = "user.created"
    USER_UPDATED = "user.updated"
    USER_DISABLED = "user.disabled"
    USER_ENABLED = "user.enabled"
    USER_DELETION_SCHEDULED = "user.deletion_scheduled"
    USER_RESTORED = "user.restored"
    USER_DELETED = "user.deleted"
    PASSWORD_CHANGED = "password.changed"  # noqa: S105 - the name of an event
    EMAIL_CHANGED = "email.changed"
    EMAIL_VERIFIED = "email.verified"
    SESSION_ENDED = "session.ended"
    NEW_DEVICE = "session.new_device"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to an account.

    Attributes:
        user: as after the deed.
        details: words and ids that belong to the kind, such as `session_id`; never a secret.
    """

    type: EventType
    user: User
    at: datetime
    details: Mapping[str, str] = field(default_factory=dict)
