"""The signed list of revocations, as a JWS of a type of its own."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from hexkey.adapters.crypto.key_ring import UnsealedKeyRing
from hexkey.adapters.crypto.token_claims import MAX_SECONDS
from hexkey.adapters.crypto.typed_jws import VerifyingKeys, sign, verify
from hexkey.application.ports.revocation_lists import RevocationListReader, RevocationListSigner
from hexkey.domain.identifiers import SessionId, UserId
from hexkey.domain.sessions.access_token import InvalidToken
from hexkey.domain.sessions.revocation_list import RevocationList, RevocationStatement

REVOCATIONS_TYPE = "revocations+jwt"
MAX_LIST_OCTETS = 4 * 1024 * 1024  # twice what `MOST_LISTED` sessions and users take

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

Id = TypeVar("Id")


class JwsRevocationListSigner(RevocationListSigner):
    """Signs with the ring's signing key, like a token; its type keeps the two apart."""

    def __init__(self, ring: UnsealedKeyRing) -> None:
        self._ring = ring

    def sign(self, statement: RevocationStatement) -> str:
        return sign(_to_json(statement), type=REVOCATIONS_TYPE, key=self._ring.contents.signing)


class JwsRevocationListReader(RevocationListReader):
    """Believes lists of one issuer, signed by one of `keys`."""

    def __init__(self, keys: VerifyingKeys, *, issuer: str) -> None:
        self._keys = keys
        self._issuer = issuer

    def read(self, text: str) -> RevocationStatement:
        keys = self._keys.contents.by_id
        read = verify(text, type=REVOCATIONS_TYPE, keys=keys, longest=MAX_LIST_OCTETS)
        statement = _from_json(read)
        if statement.issuer != self._issuer:
            raise InvalidToken
        return statement


def _to_json(statement: RevocationStatement) -> dict[str, object]:
    revoked = statement.revoked
    written: dict[str, object] = {
        "iss": statement.issuer,
        "iat": _seconds(statement.issued_at),
        "exp": _seconds(statement.expires_at),
        "since": _seconds(statement.since),
        "sessions": {it: _seconds(at) for it, at in sorted(revoked.sessions.items())},
        "users": {it: _seconds(at) for it, at in sorted(revoked.users.items())},
    }
    if revoked.not_before is not None:
        written["not_before"] = _seconds(revoked.not_before)
    return written


def _from_json(read: Mapping[str, Any]) -> RevocationStatement:
    try:
        revoked = RevocationList(
            sessions=_instants(read["sessions"], SessionId),
            users=_instants(read["users"], UserId),
            not_before=_instant(read["not_before"]) if "not_before" in read else None,
        )
        return RevocationStatement(
            issuer=str(read["iss"]),
            since=_instant(read["since"]),
            issued_at=_instant(read["iat"]),
            expires_at=_instant(read["exp"]),
            revoked=revoked,
        )
    except KeyError:
        raise InvalidToken from None


def _instants(value: object, kind: Callable[[str], Id]) -> dict[Id, datetime]:
    if not isinstance(value, dict) or not all(map(_UUID.fullmatch, value)):
        raise InvalidToken
    return {kind(name): _instant(it) for name, it in value.items()}


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _instant(value: object) -> datetime:
    # `type`, because True is an int to `isinstance`.
    if type(value) is not int or not 0 <= value <= MAX_SECONDS:
        raise InvalidToken
    return datetime.fromtimestamp(value, UTC)
