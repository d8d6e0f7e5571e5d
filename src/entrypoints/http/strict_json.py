"""Reading JSON as RFC 8259 and RFC 7493 (I-JSON) mean it, where `json.loads` is generous."""

import json
import math
import re
from itertools import accumulate
from typing import Any, NoReturn

from hexkey.entrypoints.http.refusals import MalformedRequest

MAX_DEPTH = 32

# A whole string, so that what looks like a bracket inside it is not counted. Possessive, and the
# closing quote may be missing: linear on any input.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?+', re.DOTALL)
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_NO_BRACKETS = bytes(set(range(256)) - set(_STEPS))


def parse_json(body: bytes) -> Any:
    """The value of a JSON text in UTF-8.

    Raises:
        MalformedRequest: for anything that two readers could read differently: another
            encoding, a byte order mark, a name twice in one object, NaN and infinities, lone
            surrogates, numbers beyond a double, and nesting beyond `MAX_DEPTH`.
    """
    _ensure_shallow(body)
    try:
        text = body.decode("utf-8")
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_refuse,
            parse_float=_finite,
        )
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode("utf-8")  # a lone surrogate cannot be
    except (ValueError, RecursionError):
        raise MalformedRequest from None
    return value


def _ensure_shallow(body: bytes) -> None:
    brackets = _STRING.sub(b"", body).translate(None, _NO_BRACKETS)
    if max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > MAX_DEPTH:
        raise MalformedRequest


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedRequest
    return members


def _refuse(_: str) -> NoReturn:
    raise MalformedRequest


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise MalformedRequest
    return number
