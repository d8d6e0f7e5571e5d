"""Secrets of 256 bits with a prefix and a checksum, so that scanners find them and junk is seen."""

import zlib

from hexkey.adapters.crypto import base64url

_SECRET_OCTETS = 32
_SUM_OCTETS = 4
BODY_LENGTH = 48  # characters: 36 octets without a bit to spare, so a secret has one spelling


def written(prefix: str, secret: bytes) -> str:
    """`prefix`, then base64url of the 32 octets of `secret` and a CRC-32 over both."""
    if len(secret) != _SECRET_OCTETS:
        raise ValueError("a secret of 256 bits is expected")
    return prefix + base64url.encode(secret + _sum(prefix, secret))


def is_whole(prefix: str, text: str) -> bool:
    """Whether `text` is something that `written` could have made; proves nothing."""
    if len(text) != len(prefix) + BODY_LENGTH or not text.startswith(prefix):
        return False
    try:
        octets = base64url.decode(text[len(prefix) :])
    except ValueError:
        return False
    secret, checksum = octets[:_SECRET_OCTETS], octets[_SECRET_OCTETS:]
    return checksum == _sum(prefix, secret)


def _sum(prefix: str, secret: bytes) -> bytes:
    return zlib.crc32(prefix.encode("ascii") + secret).to_bytes(_SUM_OCTETS)
