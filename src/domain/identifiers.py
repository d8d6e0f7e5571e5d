"""Kinds of identifier, so that one is never passed where another is meant."""

import re
from typing import NewType

UserId = NewType("UserId", str)
SessionId = NewType("SessionId", str)
TokenId = NewType("TokenId", str)
KeyId = NewType("KeyId", str)
MessageId = NewType("MessageId", str)
EndpointId = NewType("EndpointId", str)
ApiKeyId = NewType("ApiKeyId", str)
AuditEventId = NewType("AuditEventId", str)

ID_LENGTH = 36  # of a UUID in canonical form
KEY_ID_LENGTH = 43  # of a SHA-256 in base64url

_CANONICAL_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def parse_user_id(text: str) -> UserId | None:
    """Read an id as it stands in a URL; `None` for what no user can have."""
    return UserId(text) if _CANONICAL_UUID.fullmatch(text) else None


def parse_session_id(text: str) -> SessionId | None:
    """Read an id as it stands in a token or a URL; `None` for what no session can have."""
    return SessionId(text) if _CANONICAL_UUID.fullmatch(text) else None


def parse_message_id(text: str) -> MessageId | None:
    """Read an id as an operator typed it; `None` for what no message can have."""
    return MessageId(text) if _CANONICAL_UUID.fullmatch(text) else None


def parse_endpoint_id(text: str) -> EndpointId | None:
    """Read an id as an operator typed it; `None` for what no webhook can have."""
    return EndpointId(text) if _CANONICAL_UUID.fullmatch(text) else None


def parse_api_key_id(text: str) -> ApiKeyId | None:
    """Read an id as it stands in a URL; `None` for what no API key can have."""
    return ApiKeyId(text) if _CANONICAL_UUID.fullmatch(text) else None
