"""Signed JSON in compact form, of one type and by one key, with PyJWT."""

import json
from collections.abc import Mapping
from typing import Any, Protocol

from jwt import PyJWS
from jwt.exceptions import PyJWTError

from hexkey.adapters.crypto.compact_jws import read_header, read_object
from hexkey.adapters.crypto.key_material import PublicKey
from hexkey.adapters.crypto.key_ring import ParsedKey
from hexkey.domain.errors import TemporarilyUnavailable
from hexkey.domain.identifiers import KeyId
from hexkey.domain.keys import SigningAlgorithm
from hexkey.domain.sessions.access_token import InvalidToken, UnknownSigningKey

# `none` and everything else we do not use is not even known to this instance.
_JWS = PyJWS(
    algorithms=[algorithm.value for algorithm in SigningAlgorithm],
    options={"verify_signature": True, "enforce_minimum_key_length": True},
)


class VerifyingKey(Protocol):
    """A key to check signatures with, and the one algorithm it is used for."""

    @property
    def algorithm(self) -> SigningAlgorithm:
        """The only one that a token of this key may name."""
        ...

    @property
    def public(self) -> PublicKey | bytes:
        """As the library wants it."""
        ...


class KeysById(Protocol):
    """What is believed at some moment."""

    @property
    def by_id(self) -> Mapping[KeyId, VerifyingKey]:
        """The keys, by the `kid` of what they sign."""
        ...


class VerifyingKeys(Protocol):
    """Whose signatures are believed, at any moment."""

    @property
    def contents(self) -> KeysById:
        """The keys of now; the same object until something changes."""
        ...


def sign(content: Mapping[str, object], *, type: str, key: ParsedKey | None) -> str:
    """`content`, signed with `key`.

    Raises:
        TemporarilyUnavailable: if there is no key yet.
    """
    if key is None:
        raise TemporarilyUnavailable
    return _JWS.encode(
        json.dumps(content, separators=(",", ":")).encode("ascii"),
        key.private,
        algorithm=key.algorithm.value,
        headers={"typ": type, "kid": key.id},
    )


def verify(
    token: str, *, type: str, keys: Mapping[KeyId, VerifyingKey], longest: int
) -> dict[str, Any]:
    """What was signed by one of `keys` as exactly this `type`; nothing in it is checked.

    The key decides the algorithm, and the token must agree: the other way round is how a public
    key becomes an HMAC secret (RFC 8725 §3.1, CVE-2022-29217).

    Args:
        longest: in characters; what is longer is not looked at.

    Raises:
        UnknownSigningKey: if it names a key that is not among `keys`.
        InvalidToken: for anything else that we would not have made.
    """
    header = read_header(token, longest=longest)
    if header.type != type:
        raise InvalidToken
    key = keys.get(header.key)
    if key is None:
        raise UnknownSigningKey
    algorithm = key.algorithm.value
    if header.algorithm != algorithm:
        raise InvalidToken
    try:
        payload = _JWS.decode(token, key.public, algorithms=[algorithm])
    except (PyJWTError, ValueError):
        raise InvalidToken from None
    return read_object(payload)
