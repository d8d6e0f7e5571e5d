"""Between messages and their rows."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, and_, bindparam, or_, text

from hexkey.adapters.sql.failures import ImpossibleRow
from hexkey.adapters.sql.tables import outbox
from hexkey.domain.accounts.user import User
from hexkey.domain.identifiers import MessageId, UserId
from hexkey.domain.outbox import Channel, Message, MessageState

# In these words the indexes have it, and a parameter in their place would keep them out of use.
QUEUED = text("outbox.state = 'queued'")
SENT = text("outbox.state = 'done'")
UNSENT = text("outbox.state <> 'done'")

# Two conditions for two indexes; `Message.concerns` says the same.
CONCERNS = or_(
    outbox.c.user_id == bindparam("user"),
    and_(
        outbox.c.user_id.is_(None),
        outbox.c.recipient_key == bindparam("verified_key"),
        outbox.c.channel == Channel.MAIL.value,
    ),
)


def concerned(user: User) -> dict[str, Any]:
    """The parameters of `CONCERNS`."""
    verified = user.email.key if user.email is not None and user.email_verified else ""
    return {"user": user.id, "verified_key": verified}


def row_from(message: Message) -> dict[str, Any]:
    """What stands in `outbox` for `message`, which nobody has claimed."""
    return {
        "id": message.id,
        "channel": message.channel.value,
        "kind": message.kind,
        "recipient": message.recipient,
        "recipient_key": message.recipient_key,
        "user_id": message.user,
        "language": message.language,
        "network": message.network,
        "created_at": message.created_at,
        "expires_at": message.expires_at,
        **outcome_row_from(message),
    }


def outcome_row_from(message: Message) -> dict[str, Any]:
    """The part of the row that an attempt changes; it gives the message back."""
    return {
        "content": json.dumps(dict(message.content)),
        "due_at": message.due_at,
        "attempts": message.attempts,
        "state": message.state.value,
        "error": message.error,
        "free_at": message.due_at,
        "holder": None,
    }


def message_from(row: Row[Any]) -> Message:
    """The message in `row`.

    Raises:
        ImpossibleRow: if nobody knows how it leaves, how far it came or what it says.
    """
    try:
        channel, state = Channel(row.channel), MessageState(row.state)
        content = _content_from(row.content)
    except ValueError as error:
        raise ImpossibleRow(f"message {row.id} cannot be read") from error
    return Message(
        id=MessageId(row.id),
        channel=channel,
        kind=row.kind,
        recipient=row.recipient,
        recipient_key=row.recipient_key,
        user=None if row.user_id is None else UserId(row.user_id),
        content=content,
        language=row.language,
        network=row.network,
        created_at=row.created_at,
        due_at=row.due_at,
        expires_at=row.expires_at,
        attempts=row.attempts,
        state=state,
        error=row.error,
    )


def _content_from(stored: str) -> Mapping[str, str]:
    content = json.loads(stored)
    if not isinstance(content, dict) or not all(isinstance(it, str) for it in content.values()):
        raise ValueError("content that is not words by name")
    return content
