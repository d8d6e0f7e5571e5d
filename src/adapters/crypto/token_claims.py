"""Access token claims as JSON, and back."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hexkey.domain.access import Role
from hexkey.domain.identifiers import SessionId, TokenId, UserId
from hexkey.domain.sessions.access_token import AccessTokenClaims, InvalidToken

MAX_SECONDS = 253_402_300_799  # the end of the year 9999; within 2^53, so exact in any JSON reader

# Claims that narrow a token. We issue none of them, so ignoring one would widen somebody's token.
_RESTRICTIONS = frozenset({"nbf", "cnf"})
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def to_json(claims: AccessTokenClaims) -> dict[str, object]:
    """The claims of RFC 9068 §2.2; no `scope` where none was granted (RFC 6749 §3.3)."""
    written: dict[str, object] = {
        "iss": claims.issuer,
        "sub": claims.subject,
        "aud": claims.audience,
        "exp": int(claims.expires_at.timestamp()),
        "iat": int(claims.issued_at.timestamp()),
        "jti": claims.id,
        "client_id": claims.client_id,
        "sid": claims.session,
        "auth_time": int(claims.authenticated_at.timestamp()),
        "roles": sorted(claims.roles),
    }
    if claims.scopes:
        written["scope"] = " ".join(sorted(claims.scopes))
    return written


def from_json(read: Mapping[str, Any]) -> AccessTokenClaims:
    """The claims, each of exactly its JSON type.

    Raises:
        InvalidToken: if one is missing, of another type, or restricts in a way we do not know.
    """
    if not _RESTRICTIONS.isdisjoint(read):
        raise InvalidToken
    try:
        return AccessTokenClaims(
            id=TokenId(_uuid(read["jti"])),
            issuer=_text(read["iss"]),
            audience=_text(read["aud"]),
            subject=UserId(_uuid(read["sub"])),
            client_id=_text(read["client_id"]),
            session=SessionId(_uuid(read["sid"])),
            issued_at=_instant(read["iat"]),
            expires_at=_instant(read["exp"]),
            scopes=_names(_text(read["scope"]).split(" ")) if "scope" in read else frozenset(),
            roles=frozenset(map(Role, _names(read.get("roles", [])))),
            authenticated_at=_instant(read["auth_time"]),
        )
    except KeyError:
        raise InvalidToken from None


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidToken
    return value


def _uuid(value: object) -> str:
    if not isinstance(value, str) or _UUID.fullmatch(value) is None:
        raise InvalidToken
    return value


def _instant(value: object) -> datetime:
    # `type`, because True is an int to `isinstance`.
    if type(value) is not int or not 0 <= value <= MAX_SECONDS:
        raise InvalidToken
    return datetime.fromtimestamp(value, UTC)


def _names(value: object) -> frozenset[str]:
    if not isinstance(value, list):
        raise InvalidToken
    return frozenset(_text(name) for name in value)
