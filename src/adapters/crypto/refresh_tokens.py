"""Refresh tokens that nobody has to store: the number of a link, under a key of ours."""

import hmac
import zlib

from hexkey.adapters.crypto import base64url
from hexkey.adapters.crypto.derived_keys import DerivedKeys, Purpose
from hexkey.application.ports.refresh_tokens import RefreshTokens
from hexkey.domain.identifiers import SessionId, parse_session_id
from hexkey.domain.sessions.refresh_token import RefreshTokenRejected

PREFIX = "hxk_rt_"  # what secret scanners look for
TOKEN_LENGTH = len(PREFIX) + 76

_VERSION = b"\x01"
_ID_OCTETS = 16
_NUMBER_OCTETS = 4  # at the most rotations a chain allows, it lasts for 80 years
_MAC_OCTETS = 32
_HEAD_OCTETS = len(_VERSION) + _ID_OCTETS + _NUMBER_OCTETS
_SUM_OCTETS = 4


class KeyedRefreshTokens(RefreshTokens):
    """`hxk_rt_` and base64url of version, session, number, HMAC-SHA-256 and CRC-32.

    57 octets are 76 characters without a bit to spare, so a token has one spelling. The CRC is no
    secret: it lets a scanner, and us, tell a token from what only begins like one, before any key
    is used.
    """

    def __init__(self, derived: DerivedKeys) -> None:
        self._keys = derived.readable(Purpose.REFRESH_TOKENS)

    def write(self, session: SessionId, number: int) -> str:
        head = _VERSION + _octets_of(session) + number.to_bytes(_NUMBER_OCTETS)
        body = head + _mac(self._keys[0], head)
        return PREFIX + base64url.encode(body + _sum(body))

    def read(self, token: str) -> tuple[SessionId, int]:
        body = _body(token)
        head, given = body[:_HEAD_OCTETS], body[_HEAD_OCTETS:]
        # Each key is tried, so that the time does not tell which one it was.
        ours = [hmac.compare_digest(_mac(key, head), given) for key in self._keys]
        if not any(ours) or head[:1] != _VERSION:
            raise RefreshTokenRejected
        session, number = head[1 : 1 + _ID_OCTETS], head[1 + _ID_OCTETS :]
        return _text_of(session), int.from_bytes(number)


def _body(token: str) -> bytes:
    """What the checksum of `token` agrees with; proves nothing, and keeps junk from the keys."""
    if len(token) != TOKEN_LENGTH or not token.startswith(PREFIX):
        raise RefreshTokenRejected
    try:
        octets = base64url.decode(token[len(PREFIX) :])
    except ValueError:
        raise RefreshTokenRejected from None
    body, checksum = octets[:-_SUM_OCTETS], octets[-_SUM_OCTETS:]
    if checksum != _sum(body):
        raise RefreshTokenRejected
    return body


def _mac(key: bytes, head: bytes) -> bytes:
    return hmac.digest(key, PREFIX.encode("ascii") + head, "sha256")


def _sum(body: bytes) -> bytes:
    return zlib.crc32(PREFIX.encode("ascii") + body).to_bytes(_SUM_OCTETS)


def _octets_of(session: SessionId) -> bytes:
    if parse_session_id(session) is None:
        raise ValueError("a session id that is no UUID in canonical form")
    return bytes.fromhex(session.replace("-", ""))


def _text_of(octets: bytes) -> SessionId:
    digits = octets.hex()
    return SessionId(
        "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    )
