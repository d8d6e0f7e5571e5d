"""Between one-time tokens and their rows."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from hexkey.adapters.sql.failures import ImpossibleRow
from hexkey.domain.access import Role
from hexkey.domain.accounts.email import EmailAddress
from hexkey.domain.accounts.one_time_token import (
    Invitation,
    OneTimeToken,
    PendingRegistration,
    Purpose,
)
from hexkey.domain.accounts.password import PasswordHash
from hexkey.domain.accounts.profile import Profile
from hexkey.domain.accounts.username import Username
from hexkey.domain.identifiers import TokenId, UserId

_Content = PendingRegistration | Invitation | None


def row_from(token: OneTimeToken) -> dict[str, Any]:
    """What stands in `one_time_tokens` for `token`."""
    return {
        "id": token.id,
        "purpose": token.purpose.value,
        "subject": token.subject,
        "user_id": token.user,
        "email_value": token.address.value,
        "email_key": token.address.key,
        "credential_version": token.credential_version,
        "digest": token.digest,
        "flow_digest": token.flow_digest,
        "content": _text_from(token.content),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "used_at": token.used_at,
        "tries": token.tries,
    }


def token_from(row: Row[Any]) -> OneTimeToken:
    """The token in `row`.

    Raises:
        ImpossibleRow: if nobody knows what it is for, or what it gives.
    """
    try:
        purpose, content = Purpose(row.purpose), _content_from(row.content)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ImpossibleRow(f"one-time token {row.id} cannot be read") from error
    return OneTimeToken(
        id=TokenId(row.id),
        purpose=purpose,
        subject=row.subject,
        user=None if row.user_id is None else UserId(row.user_id),
        address=EmailAddress(value=row.email_value, key=row.email_key),
        credential_version=row.credential_version,
        digest=row.digest,
        flow_digest=row.flow_digest,
        content=content,
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
        tries=row.tries,
    )


def _text_from(content: _Content) -> str | None:
    match content:
        case None:
            return None
        case Invitation():
            return json.dumps({"roles": sorted(content.roles)})
        case PendingRegistration():
            name = content.username
            return json.dumps(
                {
                    "username": name and [name.value, name.key, name.skeleton],
                    "full_name": content.profile.full_name,
                    "picture": content.profile.picture,
                    "password": content.password,
                    "language": content.language,
                }
            )


def _content_from(text: str | None) -> _Content:
    if text is None:
        return None
    read: Mapping[str, Any] = json.loads(text)
    if "roles" in read:
        return Invitation(roles=frozenset(Role(role) for role in read["roles"]))
    name = read["username"]
    return PendingRegistration(
        username=None if name is None else Username(*name),
        profile=Profile(full_name=read["full_name"], picture=read["picture"]),
        password=PasswordHash(read["password"]),
        language=read["language"],
    )
