"""What a token must look like before any library sees it.

PyJWT takes padding, duplicate members and any `typ`; each of these was somebody's
vulnerability, so our own reading is narrower than RFC 7515 allows.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from hexkey.adapters.crypto import base64url
from hexkey.domain.identifiers import KeyId
from hexkey.domain.sessions.access_token import MAX_TOKEN_OCTETS, InvalidToken

MAX_DEPTH = 8  # our own tokens are two deep

_SEGMENT = rf"((?=.){base64url.PATTERN})"  # at least one character
_COMPACT = re.compile(rf"{_SEGMENT}\.{_SEGMENT}\.{_SEGMENT}")
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{43}")  # 256 bits: every id of ours
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|([\[{])|([\]}])')


@dataclass(frozen=True, slots=True)
class JoseHeader:
    """All that the header of one of our tokens may say."""

    algorithm: str
    type: str
    key: KeyId


def read_header(token: str, *, longest: int = MAX_TOKEN_OCTETS) -> JoseHeader:
    """The header of a token in compact form, whose signature nobody has looked at yet.

    Raises:
        InvalidToken: if it is longer than `longest`, not three canonical segments, or has any
            header member but `alg`, `typ` and `kid`: so `jwk`, `jku`, `x5c`, `crit`, `b64`, `zip`
            and `enc` are never obeyed (RFC 8725 §3.10).
    """
    if len(token) > longest:
        raise InvalidToken
    segments = _COMPACT.fullmatch(token)
    if segments is None:
        raise InvalidToken
    header = read_object(base64url.decode(segments[1]))
    match header:
        case {"alg": str(algorithm), "typ": str(type_), "kid": str(key), **rest} if not rest:
            if _KEY_ID.fullmatch(key) is None:
                raise InvalidToken
            return JoseHeader(algorithm=algorithm, type=type_, key=KeyId(key))
        case _:
            raise InvalidToken


def read_object(octets: bytes) -> dict[str, Any]:
    """A JSON object, as I-JSON (RFC 7493): no duplicate names, no NaN, UTF-8, not too deep.

    Raises:
        InvalidToken: otherwise.
    """
    try:
        text = octets.decode("utf-8")
        if _depth(text) > MAX_DEPTH:
            raise InvalidToken
        parsed = _STRICT_JSON.decode(text)
    except (ValueError, RecursionError):
        raise InvalidToken from None
    if not isinstance(parsed, dict):
        raise InvalidToken
    return parsed


def _depth(text: str) -> int:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return 0  # cannot be deeper, and is the case for all but hand-made tokens
    depth = deepest = 0
    for opening, closing in _BRACKETS.findall(text):
        depth += bool(opening) - bool(closing)
        deepest = max(deepest, depth)
    return deepest


def _without_duplicates(members: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(members)
    if len(read) != len(members):
        raise InvalidToken
    return read


def _no_number(_: str) -> NoReturn:
    raise InvalidToken


_STRICT_JSON = json.JSONDecoder(
    object_pairs_hook=_without_duplicates, parse_constant=_no_number, parse_float=_no_number
)
