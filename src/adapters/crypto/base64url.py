"""base64url without padding, in its one canonical spelling (RFC 4648 §5 and §3.5)."""

import base64
import re

# Whole groups of four, then perhaps two or three characters whose unused bits are zero.
PATTERN = (
    r"(?:[A-Za-z0-9_-]{4})*+"
    r"(?:[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048]|[A-Za-z0-9_-][AQgw])?+"
)
_CANONICAL = re.compile(PATTERN)


def encode(octets: bytes) -> str:
    """The canonical spelling."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """The octets that `text` is the canonical spelling of.

    Raises:
        ValueError: for any other character, padding, or bits that no octet uses.
    """
    if _CANONICAL.fullmatch(text) is None:
        raise ValueError("not canonical base64url")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
