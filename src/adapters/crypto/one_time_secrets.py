"""Secrets of one-time tokens that nobody has to store: an id, under a key of ours."""

import hashlib
import hmac
import re
import zlib

from hexkey.adapters.crypto import base64url, derived_keys
from hexkey.adapters.crypto.derived_keys import DerivedKeys
from hexkey.application.ports.one_time_tokens import OneTimeSecrets
from hexkey.domain.accounts.one_time_token import Purpose
from hexkey.domain.identifiers import MessageId, TokenId

PREFIX = "hxk_ot_"  # what secret scanners look for
LINK_LENGTH = len(PREFIX) + 48
CODE_DIGITS = 6

_SUM_OCTETS = 4
_FLOW = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CODE = re.compile(r"[0-9]{6}")


class KeyedOneTimeSecrets(OneTimeSecrets):
    """`hxk_ot_` and base64url of HMAC-SHA-256 and CRC-32; codes under a key of their own.

    36 octets are 48 characters without a bit to spare, so a secret has one spelling. The CRC is
    no secret: it lets a scanner, and us, tell a token from what only begins like one, before the
    database is asked. A code of the previous master secret is still one; links do not need it,
    because they are known by their digest.
    """

    def __init__(self, derived: DerivedKeys) -> None:
        self._link_key = derived.key(derived_keys.Purpose.ONE_TIME_LINKS)
        self._code_keys = derived.readable(derived_keys.Purpose.ONE_TIME_CODES)

    def link(self, id: MessageId, purpose: Purpose) -> str:
        mac = hmac.digest(self._link_key, f"{purpose.value}|{id}".encode("ascii"), "sha256")
        return PREFIX + base64url.encode(mac + _sum(mac))

    def digest(self, secret: str) -> str | None:
        known = _is_whole(secret) if secret.startswith(PREFIX) else _FLOW.fullmatch(secret)
        return hashlib.sha256(secret.encode("ascii")).hexdigest() if known else None

    def code(self, id: TokenId) -> str:
        return _code(self._code_keys[0], id)

    def is_code(self, id: TokenId, text: str) -> bool:
        typed = text.encode("ascii") if _CODE.fullmatch(text) else b""
        # Each key is tried, so that the time does not tell which one it was.
        ours = [hmac.compare_digest(_code(key, id).encode(), typed) for key in self._code_keys]
        return any(ours)


def _code(key: bytes, id: TokenId) -> str:
    # Of 2^256 values 10^6 make every code equally likely, but for less than one in 10^70.
    number = int.from_bytes(hmac.digest(key, id.encode("ascii"), "sha256")) % 10**CODE_DIGITS
    return f"{number:0{CODE_DIGITS}}"


def _is_whole(secret: str) -> bool:
    if len(secret) != LINK_LENGTH:
        return False
    try:
        octets = base64url.decode(secret[len(PREFIX) :])
    except ValueError:
        return False
    return octets[-_SUM_OCTETS:] == _sum(octets[:-_SUM_OCTETS])


def _sum(mac: bytes) -> bytes:
    return zlib.crc32(PREFIX.encode("ascii") + mac).to_bytes(_SUM_OCTETS)
